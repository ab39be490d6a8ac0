package identity

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"steward/internal/telemetry"
)

// BrokerAccount is Steward's own account at a broker: it reads what devices
// publish, and publishes incidents and live values.
type BrokerAccount struct {
	User     string
	Password string // empty: the account is made by somebody else
}

// ownTopics are what Steward's own account may read and publish.
func (BrokerAccount) ownTopics() []string { return []string{telemetry.TopicRoot + "/#", "steward/#"} }

func (b BrokerAccount) check() error {
	ok := len(b.User) <= maxLogin && b.User != tokenUser
	for _, r := range b.User {
		ok = ok && (('a' <= r && r <= 'z') || ('A' <= r && r <= 'Z') || ('0' <= r && r <= '9') || strings.ContainsRune("._-", r))
	}
	if !ok {
		return fmt.Errorf("the broker account %.80q: a name for these files has at most %d of a-z, A-Z, 0-9, '_', '-', '.'", b.User, maxLogin)
	}
	return nil
}

// checkForFile guards the files against a row that was not made by this package:
// each line is trusted by a broker.
func checkForFile(c Credential, hash string) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("credential %.80q is damaged: %w", c.Name, err)
	}
	if _, _, ok := splitMQTTHash(hash); !ok {
		return fmt.Errorf("credential %s has a damaged password hash: rotate it", c.Name)
	}
	return nil
}

// accounts hands over Steward's own account, when it has a name, and then every
// credential. Those have a hash, the own account only when it has a password.
func (s *Service) accounts(ctx context.Context, own BrokerAccount, each func(user, hash string, publish []string) error) error {
	if err := own.check(); err != nil {
		return err
	}
	if own.User != "" {
		hash := ""
		if own.Password != "" {
			var err error
			if hash, err = mqttHash(own.Password); err != nil {
				return err
			}
		}
		if err := each(own.User, hash, nil); err != nil {
			return err
		}
	}
	return s.EachCredential(ctx, func(c Credential, hash string) error {
		if err := checkForFile(c, hash); err != nil {
			return err
		}
		return each(c.Name, hash, c.Publish())
	})
}

// WriteMosquitto writes a password_file and an acl_file for Mosquitto 2 with the
// rights that the embedded broker enforces. Machine tokens are not in them:
// Mosquitto knows only names.
func (s *Service) WriteMosquitto(ctx context.Context, passwords, acl io.Writer, own BrokerAccount) error {
	p, a := newFile(passwords), newFile(acl)
	a.put("# Made by steward mqtt acl. What is not allowed here is refused.\n")
	err := s.accounts(ctx, own, func(user, hash string, publish []string) error {
		if hash != "" {
			p.put("%s:%s\n", user, hash)
		}
		a.put("\nuser %s\n", user)
		if user == own.User {
			for _, topic := range own.ownTopics() {
				a.put("topic readwrite %s\n", topic)
			}
			a.put("topic read $SYS/#\n")
		}
		for _, filter := range publish {
			a.put("topic write %s\n", filter)
		}
		return nil
	})
	return flush(err, p, a)
}

// WriteEMQX writes a bootstrap file of users and an acl.conf for EMQX 5, with
// the rights that the embedded broker enforces. The authenticator is
// password_based:built_in_database with
//
//	password_hash_algorithm { name = pbkdf2, mac_fun = sha512, iterations = 101, dk_length = 64 }
//	bootstrap_type = hash
//
// and the authorizer a file, with no_match = deny.
func (s *Service) WriteEMQX(ctx context.Context, users, acl io.Writer, own BrokerAccount) error {
	u, a := newFile(users), newFile(acl)
	a.put("%%%% Made by steward mqtt acl. What is not allowed here is refused.\n")
	separator := "[\n"
	err := s.accounts(ctx, own, func(user, hash string, publish []string) error {
		if hash != "" {
			salt, sum, ok := splitMQTTHash(hash)
			if !ok {
				return fmt.Errorf("account %s has a damaged password hash", user)
			}
			line, err := json.Marshal(emqxUser{UserID: user, PasswordHash: hex.EncodeToString(sum), Salt: salt})
			if err != nil {
				return err
			}
			u.put("%s  %s", separator, line)
			separator = ",\n"
		}
		if user == own.User {
			a.put("{allow, {user, \"%s\"}, all, [%s]}.\n", user, quoted(own.ownTopics()))
			a.put("{allow, {user, \"%s\"}, subscribe, [\"$SYS/#\"]}.\n", user)
		} else {
			a.put("{allow, {user, \"%s\"}, publish, [%s]}.\n", user, quoted(publish))
		}
		return nil
	})
	if separator == "[\n" {
		u.put("[")
	}
	u.put("\n]\n")
	a.put("{deny, all}.\n")
	return flush(err, u, a)
}

// emqxUser is a line of EMQX's bootstrap file. The salt goes before the password
// as it is.
type emqxUser struct {
	UserID       string `json:"user_id"`
	PasswordHash string `json:"password_hash"` // hexadecimal
	Salt         string `json:"salt"`
	Superuser    bool   `json:"is_superuser"`
}

// quoted is a list of Erlang strings. Filters of checked names hold neither
// quotes nor backslashes.
func quoted(filters []string) string { return `"` + strings.Join(filters, `", "`) + `"` }

// file is one that is being written. Errors show when it is flushed.
type file struct{ *bufio.Writer }

func newFile(w io.Writer) file { return file{bufio.NewWriter(w)} }

func (f file) put(format string, args ...any) {
	_, _ = fmt.Fprintf(f, format, args...) // a bufio.Writer keeps its error
}

// flush reports the first error.
func flush(err error, files ...file) error {
	for _, f := range files {
		if flushErr := f.Flush(); err == nil && flushErr != nil {
			err = fmt.Errorf("write the broker's files: %w", flushErr)
		}
	}
	return err
}
