package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// CloudEventsConfig is a webhook that takes CloudEvents.
type CloudEventsConfig struct {
	URL        string `yaml:"url"`
	URLFile    string `yaml:"url_file"`
	SecretFile string `yaml:"secret_file"`
	Source     string `yaml:"source"`
	CAFile     string `yaml:"ca_file"`
	Line       int    `yaml:"-"`

	target, secret, ca secret
}

func (*CloudEventsConfig) kind() string { return "cloudevents" }

func (e *CloudEventsConfig) check(c *checker) {
	e.target = c.address(e.Line, e.URL, e.URLFile, false)
	e.secret = c.secret(e.Line, "secret_file", e.SecretFile)
	e.ca = c.ca(e.Line, e.CAFile)
	if e.Source == "" {
		e.Source = "steward"
	}
	if len(e.Source) > 200 || oneLine(e.Source) != e.Source {
		c.fail(e.Line, "source: want a URI of at most 200 bytes, such as https://steward.example.com")
	}
}

// cloudEvents posts CloudEvents 1.0 in structured mode, one a message.
//
// With a secret there is the header
//
//	X-Steward-Signature: t=1763800000,v1=HEX
//
// where t is when it was sent, in Unix seconds, and v1 the HMAC-SHA256 under the
// secret of t as it stands there, a full stop, and the body. A receiver compares
// it in constant time and refuses a t that is more than some minutes off, so that
// nobody can play an old message again; the event's id is the same in each
// repetition of one message.
type cloudEvents struct {
	*poster
	conf *CloudEventsConfig
}

func newCloudEvents(conf *CloudEventsConfig) (*cloudEvents, error) {
	p, err := newPoster(conf.ca, conf.target, conf.secret)
	return &cloudEvents{p, conf}, err
}

type cloudEvent struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`              // steward.incident.opened, …; steward.digest, steward.test
	Subject     string    `json:"subject,omitempty"` // the incident, when it is about one
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        document  `json:"data"`
}

// Send implements Channel.
func (e *cloudEvents) Send(ctx context.Context, m Message) error {
	now := time.Now()
	event := cloudEvent{
		SpecVersion: "1.0", ID: m.Key, Source: e.conf.Source, Type: "steward." + m.what(),
		Time: now.UTC(), ContentType: "application/json", Data: documentOf(m),
	}
	if len(m.Items) == 1 && !m.Test {
		event.Type = "steward.incident." + m.what()
		event.Subject = m.Items[0].Incident.ID
		// Of the occurrence, so that it is the same in each repetition.
		event.Time = m.Items[0].Notice.CreatedAt.UTC()
	}
	body, err := encode(event)
	if err != nil {
		return refused("%v", err)
	}
	header := http.Header{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}
	if e.conf.secret.text() != "" {
		header.Set("X-Steward-Signature", signature(e.conf.secret.text(), now, body))
	}
	_, err = e.do(ctx, http.MethodPost, e.conf.target, header, body, nil)
	return tolerated(err)
}

// signature is the value of X-Steward-Signature.
func signature(secret string, now time.Time, body []byte) string {
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
