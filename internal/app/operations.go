package app

// Pseudonyms makes keyed hashes of names, as the door does of those in messages.
func Pseudonyms(cfg Config) (func(name string) string, error) {
	privacy, err := cfg.pseudonymizer()
	if err != nil {
		return nil, err
	}
	return privacy.Of, nil
}
