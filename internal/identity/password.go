package identity

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"steward/internal/controldb"
)

// maxPassword bytes are more than anybody types, and cheap to hash.
const maxPassword = 1024

// normalize makes the same characters the same bytes, however they were typed.
func normalize(password string) string { return norm.NFKC.String(password) }

// commonWords are what most passwords are made of.
//
//go:embed common.txt
var commonWords string

var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonWords) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			words[word] = true
		}
	}
	return words
})

// checkPassword says what is wrong with a password that somebody chose. The
// error does not hold it.
func (s *Service) checkPassword(password, login string) error {
	invalid := func(problem string, args ...any) error {
		return controldb.Invalid("password", "", problem, args...)
	}
	normal := normalize(password)
	lower := strings.ToLower(normal)
	characters := utf8.RuneCountInString(normal)
	switch {
	case !utf8.ValidString(password):
		return invalid("is not UTF-8")
	case len(password) > maxPassword:
		return invalid("has more than %d bytes", maxPassword)
	case characters < s.policy.MinPasswordLength:
		return invalid("has %d characters: use at least %d, a sentence for example", characters, s.policy.MinPasswordLength)
	case distinct(lower) < 5:
		return invalid("repeats the same few characters: use at least 5 different ones")
	case len(login) >= 4 && strings.Contains(lower, login):
		return invalid("holds the login name")
	case isCommon(lower):
		return invalid("is one of those that are tried first: use several words that do not belong together")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// disguises are what people write for letters.
var disguises = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// isCommon reports whether a password in lower case is nothing but common words
// with digits and signs around or between them.
func isCommon(password string) bool {
	notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	if common()[password] {
		return true
	}
	for _, p := range []string{password, disguises.Replace(password)} {
		words := strings.FieldsFunc(p, notLetter)
		left := 0
		for _, w := range words {
			if !common()[w] {
				left++
			}
		}
		if left == 0 {
			return true // also when it has no letters at all
		}
	}
	return false
}
