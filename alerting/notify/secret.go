package notify

// secret is a text that must not be shown. It stands behind a pointer, which no
// formatting follows: not even a structure that is printed as a whole shows it.
// The zero secret is none.
type secret struct{ at *string }

func newSecret(text string) secret {
	if text == "" {
		return secret{}
	}
	return secret{&text}
}

// text is for whoever uses the secret.
func (s secret) text() string {
	if s.at == nil {
		return ""
	}
	return *s.at
}
