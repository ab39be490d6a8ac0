package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Post is a letter of other parts of Steward, which is no notification of an incident.
type Post struct {
	To          []string // addresses
	Subject     string
	Text        string
	Key         string // names it: one that is sent again has the same Message-ID
	Attachments []Attachment
}

// Attachment is a file that comes with a Post.
type Attachment struct {
	Name      string
	MediaType string
	Content   []byte
}

// MaxPost bounds the attachments of a post, in bytes before they are encoded: many
// servers take no message above 25 to 35 MB, and base64 adds a third.
const MaxPost = 20 << 20

// postTimeout is how long sending one may take: more than a notification, for its size.
const postTimeout = 2 * time.Minute

// Post sends a letter through the server of a mail channel. Its errors are those of
// Channel.Send.
func (c *Channels) Post(ctx context.Context, channel string, p Post) error {
	o := c.byName[channel]
	if o == nil {
		return refused("channel %q: there is none of this name", channel)
	}
	s, ok := o.Channel.(*smtpMail)
	if !ok {
		return refused("channel %q is of %s: letters go by mail", channel, o.kind)
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	msg, err := s.post(p)
	if err != nil {
		return refused("%s", s.clean(err))
	}
	return s.deliver(ctx, msg)
}

// Addresses are those to which a channel sends; nil when it is not of mail.
func (c *Channels) Addresses(channel string) []string {
	if o := c.byName[channel]; o != nil {
		if s, ok := o.Channel.(*smtpMail); ok {
			return append([]string(nil), s.conf.To...)
		}
	}
	return nil
}

func (s *smtpMail) post(p Post) (*mail.Msg, error) {
	if len(p.To) == 0 || len(p.To) > maxTargets {
		return nil, fmt.Errorf("to: want 1 to %d addresses, there are %d", maxTargets, len(p.To))
	}
	msg, err := s.letter(p.To, p.Subject, p.Key)
	if err != nil {
		return nil, err
	}
	msg.SetBodyString(mail.TypeTextPlain, p.Text)
	size := 0
	for _, a := range p.Attachments {
		if size += len(a.Content); size > MaxPost {
			return nil, fmt.Errorf("attachments of more than %d bytes", MaxPost)
		}
		err := msg.AttachReader(oneLine(a.Name), bytes.NewReader(a.Content), mail.WithFileContentType(mail.ContentType(a.MediaType)), mail.WithFileEncoding(mail.EncodingB64))
		if err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// letter is a message without its body.
func (s *smtpMail) letter(to []string, subject, key string) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingB64))
	if err := msg.FromFormat(s.conf.from.Name, s.conf.from.Address); err != nil {
		return nil, err
	}
	if err := msg.To(to...); err != nil {
		return nil, err
	}
	msg.Subject(oneLine(subject))
	msg.SetDateWithValue(time.Now())
	// A retry has the same name, by which mailboxes know what they have.
	sum := sha256.Sum256([]byte(key))
	_, domain, _ := strings.Cut(s.conf.from.Address, "@")
	msg.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + domain)
	msg.SetGenHeader("X-Steward-Key", headerValue(key))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	return msg, nil
}
