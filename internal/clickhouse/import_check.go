package clickhouse

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"steward/internal/telemetry"
)

// What a row of a file must be to be stored, which is what the door asks of a
// message, but for its age.

// maxAttrs bounds the attributes of an event, in bytes.
const maxAttrs = 1 << 20

func (im *importing) reading(f *frame, i int) (telemetry.Reading, *telemetry.RejectError) {
	var r telemetry.Reading
	device, ts, received, reject := im.place(f, i)
	if reject != nil {
		return r, reject
	}
	metric, err := f.text("metric", i)
	if err == nil {
		err = telemetry.CheckName(metric)
	}
	if err != nil {
		return r, telemetry.Reject(telemetry.BadValue, "metric: %w", err)
	}
	value, err := f.number("value", i)
	if err == nil {
		err = telemetry.CheckValue(value)
	}
	if err != nil {
		return r, telemetry.Reject(telemetry.BadValue, "value: %w", err)
	}
	return telemetry.Reading{Device: device, Metric: metric, TS: ts, Received: received, Value: value}, nil
}

func (im *importing) event(f *frame, i int) (telemetry.Event, *telemetry.RejectError) {
	var e telemetry.Event
	device, ts, received, reject := im.place(f, i)
	if reject != nil {
		return e, reject
	}
	if keep := im.opts.Keep[device.Class]; keep > 0 && ts < im.at.started-telemetry.Millis(keep.Milliseconds()) {
		return e, telemetry.Reject(telemetry.ClockBehind, "ts %s is older than events of class %s are kept: raise retention.%s first", ts, device.Class, device.Class)
	}
	e = telemetry.Event{Device: device, TS: ts, Received: received}
	for _, field := range []struct {
		name string
		read func(text string) error
	}{
		{"kind", func(text string) error {
			e.Kind = strings.Clone(text)
			return telemetry.CheckName(text)
		}},
		{"severity", func(text string) (err error) {
			if e.Severity = telemetry.DefaultSeverity(device.Class, e.Kind); text != "" {
				e.Severity, err = telemetry.ParseSeverity(strings.Clone(text))
			}
			return err
		}},
		{"attrs", func(text string) error {
			if e.Attrs = strings.Clone(text); strings.TrimSpace(text) == "" {
				e.Attrs = "{}"
			}
			return checkAttrs(e.Attrs)
		}},
		{"id", func(text string) error {
			if e.ID = strings.Clone(text); text == "" {
				return nil
			}
			return telemetry.CheckName(text)
		}},
	} {
		text, err := f.text(field.name, i)
		if field.name != "kind" && errors.Is(err, errNoValue) {
			err = nil
		}
		if err == nil {
			err = field.read(text)
		}
		if err != nil {
			return e, telemetry.Reject(telemetry.BadEvent, "%s: %w", field.name, err)
		}
	}
	if im.opts.Redact != nil {
		e.Attrs = im.opts.Redact(e)
	}
	if e.ID == "" {
		e.ID = deriveEventID(&e)
	}
	return e, nil
}

func checkAttrs(attrs string) error {
	switch {
	case len(attrs) > maxAttrs:
		return fmt.Errorf("%d bytes are more than %d", len(attrs), maxAttrs)
	case !json.Valid([]byte(attrs)) || !strings.HasPrefix(strings.TrimSpace(attrs), "{"):
		return errors.New("not a JSON object")
	}
	return nil
}

// deriveEventID gives an event without an id the one that it would have got at
// the door.
func deriveEventID(e *telemetry.Event) string {
	var h xxhash.Digest
	h.Reset()
	for _, s := range []string{e.Device.String(), e.Kind, strconv.FormatInt(int64(e.TS), 10), e.Attrs} {
		_, _ = h.WriteString(s) // a hash does not fail
		_, _ = h.Write([]byte{0})
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// place reads what rows of both tables begin with.
func (im *importing) place(f *frame, i int) (d *telemetry.Device, ts, received telemetry.Millis, reject *telemetry.RejectError) {
	if err := f.fault(i); err != nil {
		return nil, 0, 0, telemetry.Reject(telemetry.BadSyntax, "%w", err)
	}
	var names [4]string
	for n, column := range [...]string{"region", "project", "class", "device"} {
		var err error
		if names[n], err = f.text(column, i); err != nil {
			return nil, 0, 0, telemetry.Reject(telemetry.BadTopic, "%s: %w", column, err)
		}
	}
	d, reject = im.device(names)
	if reject != nil {
		return nil, 0, 0, reject
	}
	ts, reject = im.time(f, "ts", i)
	if reject != nil {
		return nil, 0, 0, reject
	}
	if _, err := f.millis("received", i); errors.Is(err, errNoValue) {
		return d, ts, im.at.started, nil
	}
	received, reject = im.time(f, "received", i)
	return d, ts, received, reject
}

// device checks the names of a device that was not seen in this chunk.
func (im *importing) device(names [4]string) (*telemetry.Device, *telemetry.RejectError) {
	d := telemetry.Device{Region: names[0], Project: names[1], Class: telemetry.Class(names[2]), ID: names[3]}
	if known, ok := im.devices[d]; ok {
		return known, nil
	}
	for n, what := range [...]string{"region", "project", "class", "device"} {
		if err := telemetry.CheckSegment(names[n]); err != nil {
			return nil, telemetry.Reject(telemetry.BadTopic, "%s %w", what, err)
		}
		names[n] = strings.Clone(names[n]) // it is a part of the file's buffer
	}
	if _, err := telemetry.ParseClass(names[2]); err != nil {
		return nil, telemetry.Reject(telemetry.BadTopic, "%w", err)
	}
	d = telemetry.Device{Region: names[0], Project: names[1], Class: telemetry.Class(names[2]), ID: names[3]}
	im.devices[d] = &d
	return &d, nil
}

// time reads a time that a row may have: since 1970, which the tables can hold,
// and not ahead of the import.
func (im *importing) time(f *frame, column string, i int) (telemetry.Millis, *telemetry.RejectError) {
	ts, err := f.millis(column, i)
	ahead := telemetry.Millis(telemetry.DefaultClockPolicy().MaxAhead.Milliseconds())
	switch {
	case err != nil:
		return 0, telemetry.Reject(telemetry.BadTime, "%s: %w", column, err)
	case ts < 0:
		return 0, telemetry.Reject(telemetry.ClockBehind, "%s %s is before 1970", column, ts)
	case ts > im.at.started+ahead:
		return 0, telemetry.Reject(telemetry.ClockAhead, "%s %s is after the import, which began at %s", column, ts, im.at.started)
	}
	return ts, nil
}

// letter is a bad row as it is quarantined. Its topic is none that a device has:
// a row is no message, and cannot be replayed as one.
func (im *importing) letter(f *frame, i int, reject *telemetry.RejectError) telemetry.DeadLetter {
	row := strconv.FormatInt(im.result.Rows, 10)
	id := sha256.Sum256([]byte(im.src.Table + "\x00" + im.at.hash + "\x00" + row))
	return telemetry.DeadLetter{
		ID: hex.EncodeToString(id[:16]), Received: im.at.started, Topic: "import/" + im.src.Table + "/" + im.at.name,
		Payload: im.payload(f, i), Codec: "import", Reason: reject.Reason, Error: "row " + row + ": " + strings.ToValidUTF8(reject.Err.Error(), "\uFFFD"),
	}
}

// payload is a bad row as a JSON object of texts.
func (im *importing) payload(f *frame, i int) []byte {
	row := map[string]string{}
	for _, name := range f.names {
		text, err := f.text(name, i)
		if err != nil {
			continue // the letter's error says what is wrong with it, or it is empty
		}
		if len(text) > maxAttrs {
			text = text[:maxAttrs]
		}
		row[name] = strings.ToValidUTF8(strings.Clone(text), string(utf8.RuneError))
	}
	if attrs, ok := row["attrs"]; ok && im.opts.Redact != nil {
		// Whose class cannot be read may be an access gate's.
		class, err := telemetry.ParseClass(row["class"])
		if err != nil {
			class = telemetry.Access
		}
		row["attrs"] = im.opts.Redact(telemetry.Event{Device: &telemetry.Device{Class: class}, Kind: row["kind"], Attrs: attrs})
	}
	text, err := json.Marshal(row)
	if err != nil {
		panic(err) // a map of texts
	}
	return text
}
