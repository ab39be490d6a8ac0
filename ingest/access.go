package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Authenticator knows who may use the embedded broker: the registry's
// credentials and tokens, or what a test puts in their place.
type Authenticator interface {
	// Authenticate says what whoever knows a password may do. An error that is
	// ErrBadCredentials refuses; any other means that nobody could say, and that
	// the client had better try again. Remote is the client's address, without
	// its port.
	Authenticate(ctx context.Context, username string, password []byte, remote string) (Access, error)
}

// ErrBadCredentials is how an Authenticator refuses a name or password.
var ErrBadCredentials = errors.New("unknown user name or wrong password")

// Access is what a client of the embedded broker may do. Its functions are
// called for every message, from many goroutines.
type Access struct {
	// Name is unique among credentials. Clients of different names cannot reach
	// each other's sessions, whatever client identifiers they choose. It is
	// shown in the log.
	Name string

	// MayPublish reports whether it may publish on a topic; nil: on none. The
	// answer for a topic is remembered for the length of the connection.
	MayPublish func(topic string) bool

	// MaySubscribe reports whether it may read everything that a filter can
	// match; nil: it reads nothing, and its session ends with its connection. It
	// is also asked about single topics. The group of a shared subscription is
	// taken off before.
	MaySubscribe func(filter string) bool

	// Gone reports that this access is no longer as it was when it was given:
	// revoked, expired or changed. It is asked every few seconds, and the
	// connection is closed when it says so. nil: never.
	Gone func() bool
}

// reserved is the topic root on which Steward itself publishes: others may read
// it, and nobody else may write to it.
const reserved = "steward/"

// everybody is the access of the anonymous and of Steward's own account.
func everybody() Access {
	return Access{
		MayPublish:   func(string) bool { return true },
		MaySubscribe: func(string) bool { return true },
	}
}

// mayPublish is the whole rule about publishing.
func (a *Access) mayPublish(topic string) bool {
	if topic == "" || strings.ContainsAny(topic, "+#") || strings.HasPrefix(topic, reserved) || strings.HasPrefix(topic, "$") {
		return false
	}
	return a.MayPublish != nil && a.MayPublish(topic)
}

// mayRead is the whole rule about reading, for a filter or a topic.
func (a *Access) mayRead(filter string) bool {
	if a.MaySubscribe == nil {
		return false
	}
	const share = "$share/"
	// The broker takes the word in any case.
	if len(filter) >= len(share) && strings.EqualFold(filter[:len(share)], share) {
		_, inner, ok := strings.Cut(filter[len(share):], "/")
		if !ok {
			return false
		}
		filter = inner
	}
	return filter != "" && a.MaySubscribe(filter)
}

// sessionID is the identifier under which the broker keeps the session that a
// client calls id. The length in it keeps two names and identifiers from being
// read as one.
func sessionID(kind string, a *Access, id string) string {
	return fmt.Sprintf("%s:%d:%s:%s", kind, len(a.Name), a.Name, id)
}
