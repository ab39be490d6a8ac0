package notify

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

func TestPost(t *testing.T) {
	s := startMail(t, tlsStart)
	c := &Channels{byName: map[string]*opened{
		"m": {Channel: s.channel(t, tlsStart, "s3cr3t-pw"), name: "m", kind: "mail"},
	}}
	content := bytes.Repeat([]byte("页面"), 5000)
	post := Post{
		To: []string{"hq@example.com", "b@example.com"}, Subject: "总部月报 2026-10", Text: "见附件。", Key: "report:monthly/2026-10",
		Attachments: []Attachment{{"monthly-2026-10-zh.html", "text/html; charset=utf-8", content}},
	}
	for range 2 {
		if err := c.Post(t.Context(), "m", post); err != nil {
			t.Fatal(err)
		}
	}
	got := s.messages()
	if len(got) != 2 || strings.Join(got[0].to, " ") != "hq@example.com b@example.com" {
		t.Fatalf("got %+v", got)
	}
	msg, err := mail.ReadMessage(strings.NewReader(got[0].body))
	if err != nil {
		t.Fatal(err)
	}
	again, err := mail.ReadMessage(strings.NewReader(got[1].body))
	if err != nil || msg.Header.Get("Message-ID") == "" || msg.Header.Get("Message-ID") != again.Header.Get("Message-ID") {
		t.Errorf("sent again it is another message: %v", err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("Content-Type %s, %v", kind, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	part := func() (*multipart.Part, []byte) {
		t.Helper()
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		return p, body
	}
	if _, text := part(); string(text) != "见附件。" {
		t.Errorf("text %q", text)
	}
	if p, body := part(); p.FileName() != "monthly-2026-10-zh.html" || !bytes.Equal(body, content) || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		t.Errorf("attachment %q %v", p.FileName(), p.Header)
	}

	refusal := func(channel string, p Post, want string) {
		t.Helper()
		if err := c.Post(t.Context(), channel, p); !errors.Is(err, ErrPermanent) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", channel, err, want)
		}
	}
	refusal("n", post, "there is none of this name")
	post.To = nil
	refusal("m", post, "want 1 to")
	post.To, post.Attachments[0].Content = []string{"a@example.com"}, make([]byte, MaxPost+1)
	refusal("m", post, "attachments of more than")
}
