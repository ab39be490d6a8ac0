package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// DingTalkConfig is a robot of a DingTalk group.
type DingTalkConfig struct {
	URL        string   `yaml:"url"`
	URLFile    string   `yaml:"url_file"`
	SecretFile string   `yaml:"secret_file"`
	Mention    []string `yaml:"mention"` // phones, or all
	CAFile     string   `yaml:"ca_file"`
	Line       int      `yaml:"-"`

	target, secret, ca secret
}

func (*DingTalkConfig) kind() string { return "dingtalk" }

func (d *DingTalkConfig) check(c *checker) {
	d.target = c.address(d.Line, d.URL, d.URLFile, true)
	d.secret = c.secret(d.Line, "secret_file", d.SecretFile)
	d.ca = c.ca(d.Line, d.CAFile)
	c.phones(d.Line, d.Mention)
}

// dingtalk speaks to a custom robot: a markdown message, signed in the query.
type dingtalk struct {
	*poster
	conf *DingTalkConfig
}

func newDingTalk(conf *DingTalkConfig) (*dingtalk, error) {
	p, err := newPoster(conf.ca, conf.target, conf.secret)
	return &dingtalk{p, conf}, err
}

// maxDingTalk is below the 20,000 bytes of a whole message.
const maxDingTalk = 15000

type dingtalkMessage struct {
	Type     string `json:"msgtype"`
	Markdown struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"markdown"`
	At struct {
		Mobiles []string `json:"atMobiles,omitempty"`
		All     bool     `json:"isAtAll"`
	} `json:"at"`
}

// Send implements Channel.
func (d *dingtalk) Send(ctx context.Context, m Message) error {
	msg := dingtalkMessage{Type: "markdown"}
	msg.Markdown.Title = cut(m.Subject, 200)
	// One line end alone is none to this robot.
	text := "### " + plainMarkdown.Replace(m.Subject) + "\n\n" + strings.ReplaceAll(m.Markdown, "\n", "\n\n")
	call := ""
	if m.urgent() {
		for _, who := range d.conf.Mention {
			if who == mentionAll {
				msg.At.All = true
				continue
			}
			msg.At.Mobiles = append(msg.At.Mobiles, who)
			call += " @" + who // only those are called who stand in the text too
		}
	}
	msg.Markdown.Text = cut(text, maxDingTalk-len(call)-2)
	if call != "" {
		msg.Markdown.Text += "\n\n" + strings.TrimSpace(call)
	}
	var said struct {
		Code int    `json:"errcode"`
		Text string `json:"errmsg"`
	}
	return d.robot(ctx, d.signed(time.Now()), msg, &said, func() error {
		return dingtalkCodes.verdict(d.poster, "dingtalk", said.Code, said.Text)
	})
}

// signed adds the time in milliseconds and, in Base64, the HMAC-SHA256 of the
// time, a line end and the secret under the secret.
func (d *dingtalk) signed(now time.Time) secret {
	if d.conf.secret.text() == "" {
		return d.conf.target
	}
	at := strconv.FormatInt(now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(d.conf.secret.text()))
	mac.Write([]byte(at + "\n" + d.conf.secret.text()))
	u, err := url.Parse(d.conf.target.text())
	if err != nil {
		return d.conf.target // checked when it was read
	}
	q := u.Query()
	q.Set("timestamp", at)
	q.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	u.RawQuery = q.Encode()
	return newSecret(u.String())
}

// dingtalkCodes: too fast, and what is wrong with the robot or its security.
var dingtalkCodes = codes{
	later: []int{130101, 410100, 90018},
	never: []int{300001, 310000, 400013, 400101, 400102, 40035, 430101, 430102, 430103, 430104},
}
