package clickhouse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go"
	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// What an error of this package means to who called; errors.Is tells.
var (
	// ErrUnreachable: no answer, or it broke off. Trying again later is right.
	ErrUnreachable = errors.New("clickhouse is unreachable")

	// ErrBusy: the server answers, but has no room at the moment: memory, disk,
	// parts, connections, or a table that is read-only for a while. Trying again
	// later is right.
	ErrBusy = errors.New("clickhouse has no room at the moment")

	// ErrAuth: the user, password, host or rights were refused. It stays so
	// until somebody changes them.
	ErrAuth = errors.New("clickhouse refuses access")

	// ErrNoDatabase: the database does not exist; Migrate makes it.
	ErrNoDatabase = errors.New("the clickhouse database does not exist")

	// ErrRefused: the server understood and said no: the SQL, the tables or the
	// data are wrong, and will be wrong again.
	ErrRefused = errors.New("clickhouse refuses the statement")
)

// Transient reports whether the same call may succeed later without anybody
// changing anything.
func Transient(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrBusy)
}

// classes maps the error codes of ClickHouse (src/Common/ErrorCodes.cpp) that
// are not a plain refusal.
var classes = map[int32]error{
	192: ErrAuth, // UNKNOWN_USER
	193: ErrAuth, // WRONG_PASSWORD
	194: ErrAuth, // REQUIRED_PASSWORD
	195: ErrAuth, // IP_ADDRESS_NOT_ALLOWED
	497: ErrAuth, // ACCESS_DENIED
	516: ErrAuth, // AUTHENTICATION_FAILED

	81: ErrNoDatabase, // UNKNOWN_DATABASE

	159: ErrBusy, // TIMEOUT_EXCEEDED
	201: ErrBusy, // QUOTA_EXCEEDED
	202: ErrBusy, // TOO_MANY_SIMULTANEOUS_QUERIES
	241: ErrBusy, // MEMORY_LIMIT_EXCEEDED
	242: ErrBusy, // TABLE_IS_READ_ONLY
	243: ErrBusy, // NOT_ENOUGH_SPACE
	252: ErrBusy, // TOO_MANY_PARTS
	319: ErrBusy, // UNKNOWN_STATUS_OF_INSERT
	394: ErrBusy, // QUERY_WAS_CANCELLED: the server shuts down
	473: ErrBusy, // DEADLOCK_AVOIDED
	745: ErrBusy, // SERVER_OVERLOADED

	209: ErrUnreachable, // SOCKET_TIMEOUT
	210: ErrUnreachable, // NETWORK_ERROR
	236: ErrUnreachable, // ABORTED: the server shuts down
	279: ErrUnreachable, // ALL_CONNECTION_TRIES_FAILED
	999: ErrUnreachable, // KEEPER_EXCEPTION
}

// classify names the class of a driver's error.
func classify(err error) error {
	if code, text, ok := exception(err); ok {
		if class, known := classes[code]; known {
			return class
		}
		if strings.Contains(text, "No space left on device") {
			return ErrBusy // under one of many codes, by what was being written
		}
		return ErrRefused
	}
	// Without a word from the server it is the way to it that failed: the
	// network, the deadline, the TLS handshake, a stream that was cut.
	return ErrUnreachable
}

// exception finds what the server itself said in an error of either driver.
func exception(err error) (code int32, text string, ok bool) {
	var a *driver.Exception
	if errors.As(err, &a) {
		return a.Code, a.Message, true
	}
	var b *ch.Exception
	if errors.As(err, &b) {
		return int32(b.Code), b.Message, true
	}
	return 0, "", false
}

// wrap adds to a driver's error what was tried, where, and its class.
func (s *Store) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return s.opts.wrap(op, err)
}

func (o *Options) wrap(op string, err error) error {
	return fmt.Errorf("clickhouse %s: %s: %w: %w", strings.Join(o.Addrs, ","), op, classify(err), err)
}
