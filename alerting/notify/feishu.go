package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"time"

	"steward/internal/telemetry"
)

// FeishuConfig is a custom robot of a Feishu (or Lark) group.
type FeishuConfig struct {
	URL        string   `yaml:"url"`
	URLFile    string   `yaml:"url_file"`
	SecretFile string   `yaml:"secret_file"`
	Mention    []string `yaml:"mention"` // open ids (ou_…), or all
	CAFile     string   `yaml:"ca_file"`
	Line       int      `yaml:"-"`

	target, secret, ca secret
}

func (*FeishuConfig) kind() string { return "feishu" }

// openID is how a custom robot calls a person: it cannot by phone.
var openID = regexp.MustCompile(`^ou_[A-Za-z0-9]{1,64}$`)

func (f *FeishuConfig) check(c *checker) {
	f.target = c.address(f.Line, f.URL, f.URLFile, true)
	f.secret = c.secret(f.Line, "secret_file", f.SecretFile)
	f.ca = c.ca(f.Line, f.CAFile)
	c.count(f.Line, "mention", f.Mention)
	for _, who := range f.Mention {
		if who != mentionAll && !openID.MatchString(who) {
			c.fail(f.Line, "mention: %q is neither an open id (ou_…) nor all; this robot knows no phone numbers", who)
		}
	}
}

// feishu speaks to a custom robot: a card, signed in the body.
type feishu struct {
	*poster
	conf *FeishuConfig
}

func newFeishu(conf *FeishuConfig) (*feishu, error) {
	p, err := newPoster(conf.ca, conf.target, conf.secret)
	return &feishu{p, conf}, err
}

// maxFeishu is below the 20 KB of a whole request.
const maxFeishu = 15000

type feishuMessage struct {
	Timestamp string     `json:"timestamp,omitempty"`
	Sign      string     `json:"sign,omitempty"`
	Type      string     `json:"msg_type"`
	Card      feishuCard `json:"card"`
}

type feishuCard struct {
	Config struct {
		Wide bool `json:"wide_screen_mode"`
	} `json:"config"`
	Header struct {
		Title  feishuText `json:"title"`
		Colour string     `json:"template"`
	} `json:"header"`
	Elements []feishuText `json:"elements"`
}

type feishuText struct {
	Tag     string `json:"tag"`
	Content string `json:"content"`
}

// Send implements Channel.
func (f *feishu) Send(ctx context.Context, m Message) error {
	msg := feishuMessage{Type: "interactive"}
	if f.conf.secret.text() != "" {
		msg.Timestamp = strconv.FormatInt(time.Now().Unix(), 10)
		msg.Sign = f.sign(msg.Timestamp)
	}
	msg.Card.Config.Wide = true
	msg.Card.Header.Title = feishuText{"plain_text", cut(m.Subject, 400)}
	msg.Card.Header.Colour = feishuColour(m)
	msg.Card.Elements = []feishuText{{"markdown", cut(m.Markdown, maxFeishu)}}
	if m.urgent() && len(f.conf.Mention) > 0 {
		var call []string
		for _, who := range f.conf.Mention {
			call = append(call, "<at id="+who+"></at>")
		}
		msg.Card.Elements = append(msg.Card.Elements, feishuText{"markdown", strings.Join(call, " ")})
	}
	var said struct {
		Code int    `json:"code"`
		Text string `json:"msg"`
	}
	return f.robot(ctx, f.conf.target, msg, &said, func() error {
		if said.Code == feishuBad && strings.Contains(said.Text, "too many request") {
			said.Code = feishuOften
		}
		return feishuCodes.verdict(f.poster, "feishu", said.Code, said.Text)
	})
}

// sign is, in Base64, the HMAC-SHA256 of nothing under the time in seconds, a
// line end and the secret: so it is written in the robot's guide.
func (f *feishu) sign(at string) string {
	mac := hmac.New(sha256.New, []byte(at+"\n"+f.conf.secret.text()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

const (
	feishuBad   = 9499 // a bad request, and in older answers too many of them
	feishuOften = 11232
)

// feishuCodes: also wrong are the robot (19001), a sign or clock (19021), an
// address that is not let in (19022) and a missing key word (19024).
var feishuCodes = codes{later: []int{feishuOften}, never: []int{feishuBad, 19001, 19002, 19021, 19022, 19024}}

func feishuColour(m Message) string {
	if len(m.Items) == 1 && m.Items[0].Notice.What == whatResolved {
		return "green"
	}
	switch m.Severity {
	case telemetry.LifeSafety:
		return "red"
	case telemetry.Critical:
		return "carmine"
	case telemetry.Warning:
		return "orange"
	}
	return "blue"
}
