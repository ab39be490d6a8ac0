package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// A person is kept as a pseudonym, in the attributes of events, in texts that
// devices reported, as the inspector of inspections, and in quarantined messages. What finds and erases it is
// told no more than its digest: ClickHouse keeps statements in its logs and
// beside the data.

//go:embed queries/erase/*.sql
var eraseFiles embed.FS

var pseudonymForm = regexp.MustCompile(`^psn_[0-9a-f]{32}$`)

// personTime bounds a search for a person: it reads all attributes there are.
const personTime = 10 * time.Minute

// Erased counts the rows in which a person was erased.
type Erased struct {
	Events      int `json:"events"`
	States      int `json:"states"`
	Inspections int `json:"inspections"`
	Letters     int `json:"letters"` // quarantined messages
}

// personRecord is a row in which a person is, as it is exported.
type personRecord struct {
	Table    string          `json:"table"` // "events", "states", "inspections" or "dead_letters"
	TS       string          `json:"ts,omitempty"`
	Received string          `json:"received"`
	Region   string          `json:"region,omitempty"`
	Project  string          `json:"project,omitempty"`
	Class    string          `json:"class,omitempty"`
	Device   string          `json:"device,omitempty"`
	Level    string          `json:"level,omitempty"` // of an inspection
	Kind     string          `json:"kind,omitempty"`
	ID       string          `json:"id,omitempty"`
	Severity string          `json:"severity,omitempty"`
	Attrs    json.RawMessage `json:"attrs,omitempty"`
	Metric   string          `json:"metric,omitempty"`
	Value    string          `json:"value,omitempty"`
	Topic    string          `json:"topic,omitempty"`
	Codec    string          `json:"codec,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Error    string          `json:"error,omitempty"`
	Payload  string          `json:"payload,omitempty"`
	Bytes    []byte          `json:"payload_base64,omitempty"` // of a payload that is not UTF-8
}

// PersonEvents writes, as lines of JSON, everything that is kept of a person
// where the caller may see it: events, states, inspections and quarantined
// messages, each oldest first. The person is a pseudonym, psn_ and 32 hexadecimal digits.
func (s *Store) PersonEvents(ctx context.Context, scope authz.Scope, person string, w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return s.personRecords(ctx, scope, person, func(r *personRecord) error {
		if err := out.Encode(r); err != nil {
			return fmt.Errorf("write the records of a person: %w", err)
		}
		return nil
	})
}

// ErasePerson puts "erased" in the place of a pseudonym wherever it is kept
// within the scope, and says in how many rows. The rows stay, and with them all
// counts. It returns when nothing is left; after an error it is called again and
// goes on.
func (s *Store) ErasePerson(ctx context.Context, scope authz.Scope, person string) (Erased, error) {
	var total Erased
	// What was under way while a statement began is found by the next round.
	for range 3 {
		var found Erased
		err := s.personRecords(ctx, scope, person, func(r *personRecord) error {
			*found.of(r.Table)++
			return nil
		})
		if err != nil || found == (Erased{}) {
			return total, err
		}
		for file, n := range map[string]int{"events": found.Events, "states": found.States, "inspections": found.Inspections, "letters": found.Letters} {
			if n == 0 {
				continue
			}
			if err := s.erase(ctx, scope, person, file); err != nil {
				return total, err
			}
		}
		total.Events += found.Events
		total.States += found.States
		total.Inspections += found.Inspections
		total.Letters += found.Letters
	}
	return total, fmt.Errorf("erase a person: %w: more keeps coming in; stop what sends it and erase again", ErrBusy)
}

// of is the count of a table.
func (e *Erased) of(table string) *int {
	switch table {
	case "events":
		return &e.Events
	case "states":
		return &e.States
	case "inspections":
		return &e.Inspections
	}
	return &e.Letters
}

// erase runs a file of queries/erase/ and waits until all servers are done.
func (s *Store) erase(ctx context.Context, scope authz.Scope, person, file string) error {
	text, err := eraseFiles.ReadFile("queries/erase/" + file + ".sql")
	if err != nil {
		panic(err) // the names are constants, and the files are in the binary
	}
	ctx, cancel := context.WithTimeout(ctx, personTime)
	defer cancel()
	args := personArguments(person)
	args.scope(scope)
	ctx = driver.Context(ctx, driver.WithParameters(driver.Parameters(args)), driver.WithSettings(driver.Settings{"mutations_sync": 2}))
	if err := s.conn.Exec(ctx, string(text)); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("%w: erasing a person from %s takes longer than %s and goes on in ClickHouse; erase again later to see that it is done", ErrBusy, file, personTime)
		}
		return s.wrap("erase a person from "+file, err)
	}
	return nil
}

func personArguments(person string) arguments {
	digest := sha256.Sum256([]byte(person))
	return arguments{"person_digest": strings.ToUpper(hex.EncodeToString(digest[:]))}
}

// personRecords hands every row in which a person is to each, one at a time,
// and checks that the caller may see it.
func (s *Store) personRecords(ctx context.Context, scope authz.Scope, person string, each func(*personRecord) error) error {
	if !pseudonymForm.MatchString(person) {
		// Not with its value: who has no pseudonym may have typed a name.
		return &ArgumentError{Field: "person", Problem: "is not a pseudonym: psn_ and 32 of 0-9 and a-f"}
	}
	if scope.Empty() {
		return nil
	}
	leave, err := s.exports.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, personTime)
	defer cancel()
	ctx = driver.Context(ctx, driver.WithSettings(driver.Settings{
		"max_execution_time": int(personTime.Seconds()), "max_memory_usage": callerMemory, "max_threads": callerThreads,
	}))
	guard := placeGuard{scope: scope}
	for _, q := range []struct {
		name string
		read func(scan func(...any) error, r *personRecord) error
	}{{"person_events", readPersonEvent}, {"person_states", readPersonState}, {"person_inspections", readPersonInspection}, {"person_letters", readPersonLetter}} {
		args := personArguments(person)
		args.scope(scope)
		err := s.each(ctx, "scoped/"+q.name, driver.Parameters(args), func(scan func(...any) error) error {
			var r personRecord
			if err := q.read(scan, &r); err != nil {
				return err
			}
			if err := guard.check(place(r.Region, r.Project)); err != nil {
				return err
			}
			return each(&r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func readPersonEvent(scan func(...any) error, r *personRecord) error {
	var ts, received int64
	var attrs string
	r.Table = "events"
	err := scan(&r.Region, &r.Project, &r.Class, &r.Device, &ts, &received, &r.Kind, &r.ID, &r.Severity, &attrs)
	if err != nil {
		return err
	}
	r.TS, r.Received = telemetry.Millis(ts).String(), telemetry.Millis(received).String()
	if r.Attrs = json.RawMessage(attrs); !json.Valid(r.Attrs) {
		r.Attrs, err = json.Marshal(attrs)
	}
	return err
}

func readPersonState(scan func(...any) error, r *personRecord) error {
	var ts, received int64
	r.Table = "states"
	err := scan(&r.Region, &r.Project, &r.Class, &r.Device, &r.Metric, &ts, &received, &r.Value)
	r.TS, r.Received = telemetry.Millis(ts).String(), telemetry.Millis(received).String()
	return err
}

func readPersonInspection(scan func(...any) error, r *personRecord) error {
	var planned, received int64
	r.Table = "inspections"
	err := scan(&r.Region, &r.Project, &r.ID, &planned, &received, &r.Level, &r.Kind)
	r.TS, r.Received = telemetry.Millis(planned).String(), telemetry.Millis(received).String()
	return err
}

func readPersonLetter(scan func(...any) error, r *personRecord) error {
	var received int64
	var payload string
	r.Table = "dead_letters"
	err := scan(&r.Region, &r.Project, &received, &r.ID, &r.Topic, &payload, &r.Codec, &r.Reason, &r.Error)
	r.Received = telemetry.Millis(received).String()
	if utf8.ValidString(payload) {
		r.Payload = payload
	} else {
		r.Bytes = []byte(payload)
	}
	return err
}
