package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"strings"
)

// newID is an identifier that nobody guesses or meets twice.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// Session secrets are 32 random bytes in base64url.
const sessionSecretLength = 43

func newSessionSecret() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }

// digest is how session and token secrets are kept. They are random enough that
// a plain hash cannot be searched.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Token secrets are recognisable, so that scanners of repositories find those
// that leaked: the prefix, 32 random bytes in base 62, and a checksum by which a
// mistyped one is known without asking the database.
const (
	tokenPrefix   = "stw_"
	tokenRandom   = 43
	tokenChecksum = 6
	tokenShown    = len(tokenPrefix) + 6 // characters that lists show
)

func newTokenSecret() string {
	random := base62(new(big.Int).SetBytes(randomBytes(32)), tokenRandom)
	return tokenPrefix + random + checksum(random)
}

// wellFormedToken reports whether s could have been made by newTokenSecret.
func wellFormedToken(s string) bool {
	random, ok := strings.CutPrefix(s, tokenPrefix)
	if !ok || len(random) != tokenRandom+tokenChecksum {
		return false
	}
	return checksum(random[:tokenRandom]) == random[tokenRandom:]
}

func checksum(s string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(s)))), tokenChecksum)
}

// base62 is n with leading zeros. big.Int writes digits, then lower case, then
// upper case.
func base62(n *big.Int, width int) string {
	s := n.Text(62)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// newPassword is a password to be typed once: 80 random bits in groups of four
// letters and digits that are not mistaken for one another.
func newPassword() string {
	text := strings.ToLower(rand.Text()) // base 32: a to z, 2 to 7
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
}
