package notify

import "context"

// WeComConfig is a robot of a WeCom group. Its address holds the key.
type WeComConfig struct {
	URL     string   `yaml:"url"`
	URLFile string   `yaml:"url_file"`
	Mention []string `yaml:"mention"` // phones, or all
	CAFile  string   `yaml:"ca_file"`
	Line    int      `yaml:"-"`

	target, ca secret
}

func (*WeComConfig) kind() string { return "wecom" }

func (w *WeComConfig) check(c *checker) {
	w.target = c.address(w.Line, w.URL, w.URLFile, true)
	w.ca = c.ca(w.Line, w.CAFile)
	c.phones(w.Line, w.Mention)
}

// wecom speaks to a group robot: markdown, but text where people are to be
// called by name, which markdown cannot by phone number.
type wecom struct {
	*poster
	conf *WeComConfig
}

func newWeCom(conf *WeComConfig) (*wecom, error) {
	p, err := newPoster(conf.ca, conf.target)
	return &wecom{p, conf}, err
}

// Bytes of a message's content.
const (
	maxWeComMarkdown = 4096
	maxWeComText     = 2048
)

type wecomMessage struct {
	Type     string         `json:"msgtype"`
	Markdown *wecomMarkdown `json:"markdown,omitempty"`
	Text     *wecomText     `json:"text,omitempty"`
}

type wecomMarkdown struct {
	Content string `json:"content"`
}

type wecomText struct {
	Content string   `json:"content"`
	Mobiles []string `json:"mentioned_mobile_list"`
}

// Send implements Channel.
func (w *wecom) Send(ctx context.Context, m Message) error {
	msg := wecomMessage{Type: "markdown"}
	if m.urgent() && len(w.conf.Mention) > 0 {
		msg.Type = "text"
		msg.Text = &wecomText{Content: cut(m.Subject+"\n"+m.Text, maxWeComText)}
		for _, who := range w.conf.Mention {
			if who == mentionAll {
				who = "@all"
			}
			msg.Text.Mobiles = append(msg.Text.Mobiles, who)
		}
	} else {
		msg.Markdown = &wecomMarkdown{cut("### "+plainMarkdown.Replace(m.Subject)+"\n"+m.Markdown, maxWeComMarkdown)}
	}
	var said struct {
		Code int    `json:"errcode"`
		Text string `json:"errmsg"`
	}
	return w.robot(ctx, w.conf.target, msg, &said, func() error {
		return wecomCodes.verdict(w.poster, "wecom", said.Code, said.Text)
	})
}

var wecomCodes = codes{
	later: []int{45009, 45033},
	never: []int{93000, 93008, 40001, 40008, 40058, 44004, 45002},
}
