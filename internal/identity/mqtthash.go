package identity

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// MQTT passwords are 32 random bytes that Steward makes, never a person's
// choice, so that a hash need not be slow: 101 passes are Mosquitto's own
// number, and the hash is written in Mosquitto's own form,
// $7$passes$base64(salt)$base64(PBKDF2-HMAC-SHA512). The salt is printable
// ASCII, so that EMQX, which takes it as text, can use the same hash.
const (
	mqttPasses     = 101
	mqttSaltLength = 12 // Mosquitto accepts 12 or 64
	mqttHashLength = sha512.Size
)

// mqttPassword is a new password: 43 characters of base64url.
func mqttPassword() string { return newSessionSecret() }

func mqttHash(password string) (string, error) {
	salt := base64.RawURLEncoding.EncodeToString(randomBytes(mqttSaltLength))[:mqttSaltLength]
	sum, err := pbkdf2.Key(sha512.New, password, []byte(salt), mqttPasses, mqttHashLength)
	if err != nil {
		return "", fmt.Errorf("hash an MQTT password: %w", err)
	}
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("$7$%d$%s$%s", mqttPasses, encode([]byte(salt)), encode(sum)), nil
}

// splitMQTTHash takes apart what mqttHash made.
func splitMQTTHash(hash string) (salt string, sum []byte, ok bool) {
	part := strings.Split(hash, "$")
	if len(part) != 5 || part[0] != "" || part[1] != "7" || part[2] != fmt.Sprint(mqttPasses) {
		return "", nil, false
	}
	s, err1 := base64.StdEncoding.DecodeString(part[3])
	sum, err2 := base64.StdEncoding.DecodeString(part[4])
	return string(s), sum, err1 == nil && err2 == nil && len(sum) == mqttHashLength
}

func mqttVerify(hash string, password []byte) bool {
	salt, sum, ok := splitMQTTHash(hash)
	if !ok {
		return false
	}
	got, err := pbkdf2.Key(sha512.New, string(password), []byte(salt), mqttPasses, mqttHashLength)
	return err == nil && subtle.ConstantTimeCompare(got, sum) == 1
}
