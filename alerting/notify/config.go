package notify

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strings"
	"time"

	"steward/internal/yamlfile"
)

// Config is what channels.yaml says.
type Config struct {
	PublicURL string // of the page, for links; without a slash at its end
	Channels  map[string]*ChannelConfig
}

// ChannelConfig is one channel. Exactly one of the kinds is set.
type ChannelConfig struct {
	Name string `yaml:"name"`

	Mail         *MailConfig         `yaml:"mail"`
	DingTalk     *DingTalkConfig     `yaml:"dingtalk"`
	WeCom        *WeComConfig        `yaml:"wecom"`
	Feishu       *FeishuConfig       `yaml:"feishu"`
	Webhook      *WebhookConfig      `yaml:"webhook"`
	CloudEvents  *CloudEventsConfig  `yaml:"cloudevents"`
	Alertmanager *AlertmanagerConfig `yaml:"alertmanager"`
	MQTT         *MQTTConfig         `yaml:"mqtt"`

	Timeout         yamlfile.Duration `yaml:"timeout"`
	PerMinute       *int              `yaml:"per_minute"`
	LifeSafetyShare *float64          `yaml:"life_safety_share"`
	DigestAfter     *int              `yaml:"digest_after"`

	Kind string `yaml:"-"`
	Line int    `yaml:"-"`
}

// Bounds and defaults of a channel.
const (
	defaultTimeout = 10 * time.Second // for one message
	maxTimeout     = 60 * time.Second // well below the lease of a notice
	maxPerMinute   = 6000
	defaultShare   = 0.3
	defaultDigest  = 5
	maxDigest      = 100
	maxChannels    = 200
	maxTargets     = 20 // addresses or phones of one channel
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Parse reads channels.yaml. Secrets are read by readSecret from the files that
// it names. The error is everything that is wrong, each with file and line.
func Parse(path string, text []byte, readSecret func(path string) (string, error)) (*Config, error) {
	var file struct {
		PublicURL string          `yaml:"public_url"`
		Channels  []ChannelConfig `yaml:"channels"`
	}
	if err := yamlfile.Decode(path, text, &file); err != nil {
		return nil, err
	}
	c := checker{path: path, read: readSecret}
	cfg := &Config{PublicURL: strings.TrimRight(file.PublicURL, "/"), Channels: map[string]*ChannelConfig{}}
	if cfg.PublicURL != "" {
		c.subject = "public_url"
		c.url(0, "public_url", cfg.PublicURL, false)
	}
	if len(file.Channels) > maxChannels {
		return nil, yamlfile.Errorf(path, 0, "channels: %d of them, at most %d are possible", len(file.Channels), maxChannels)
	}
	for i := range file.Channels {
		ch := &file.Channels[i]
		c.channel(ch)
		if other := cfg.Channels[ch.Name]; other != nil {
			c.fail(ch.Line, "the name stands at line %d too: give each channel its own", other.Line)
			continue
		}
		cfg.Channels[ch.Name] = ch
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, err
	}
	return cfg, nil
}

// kindConfig is what each kind of channel can say of its configuration.
type kindConfig interface {
	kind() string
	check(c *checker)
}

// kinds are the kinds that are set.
func (ch *ChannelConfig) kinds() (set []kindConfig) {
	if ch.Mail != nil {
		set = append(set, ch.Mail)
	}
	if ch.DingTalk != nil {
		set = append(set, ch.DingTalk)
	}
	if ch.WeCom != nil {
		set = append(set, ch.WeCom)
	}
	if ch.Feishu != nil {
		set = append(set, ch.Feishu)
	}
	if ch.Webhook != nil {
		set = append(set, ch.Webhook)
	}
	if ch.CloudEvents != nil {
		set = append(set, ch.CloudEvents)
	}
	if ch.Alertmanager != nil {
		set = append(set, ch.Alertmanager)
	}
	if ch.MQTT != nil {
		set = append(set, ch.MQTT)
	}
	return set
}

// checker gathers what is wrong.
type checker struct {
	path    string
	subject string // of which the next errors are
	read    func(path string) (string, error)
	errs    []error
}

func (c *checker) fail(line int, format string, args ...any) {
	c.errs = append(c.errs, yamlfile.Errorf(c.path, line, "%s: %s", c.subject, fmt.Sprintf(format, args...)))
}

func (c *checker) channel(ch *ChannelConfig) {
	c.subject = fmt.Sprintf("channel %q", ch.Name)
	if !nameForm.MatchString(ch.Name) {
		c.fail(ch.Line, "name: want small letters, digits, - and _, at most 64, such as duty-mail")
	}
	if t := ch.Timeout.Std(); t == 0 {
		ch.Timeout = yamlfile.Duration(defaultTimeout)
	} else if t < time.Second || t > maxTimeout {
		c.fail(ch.Line, "timeout: %v is not between 1s and %v", t, maxTimeout)
	}
	if n := ch.PerMinute; n != nil && (*n < 1 || *n > maxPerMinute) {
		c.fail(ch.Line, "per_minute: %d is not between 1 and %d", *n, maxPerMinute)
	}
	if s := ch.LifeSafetyShare; s != nil && (math.IsNaN(*s) || *s < 0 || *s > 0.9) {
		c.fail(ch.Line, "life_safety_share: %v is not between 0 and 0.9", *s)
	}
	if n := ch.DigestAfter; n != nil && (*n < 1 || *n > maxDigest) {
		c.fail(ch.Line, "digest_after: %d is not between 1 and %d", *n, maxDigest)
	}
	set := ch.kinds()
	if len(set) != 1 {
		c.fail(ch.Line, "give exactly one of mail, dingtalk, wecom, feishu, webhook, cloudevents, alertmanager, mqtt; there are %d", len(set))
		return
	}
	ch.Kind = set[0].kind()
	set[0].check(c)
}

// secret reads a file that holds one; an empty path is none.
func (c *checker) secret(line int, key, path string) secret {
	if path == "" {
		return secret{}
	}
	text, err := c.read(path)
	if err != nil {
		c.fail(line, "%s: %v", key, err)
		return secret{}
	}
	if text = strings.TrimSpace(text); text == "" {
		c.fail(line, "%s: %s is empty", key, path)
	}
	return newSecret(text)
}

// ca reads a file of certificates; an empty path is none.
func (c *checker) ca(line int, path string) secret {
	text := c.secret(line, "ca_file", path)
	if _, err := tlsConfig(text); err != nil {
		c.fail(line, "ca_file: %s: %v", path, err)
	}
	return text
}

// address gives the URL that stands in the file itself or, being a secret, in a
// file of its own.
func (c *checker) address(line int, given, file string, public bool) secret {
	switch {
	case given != "" && file != "":
		c.fail(line, "url and url_file: give one of them")
		return secret{}
	case given == "" && file == "":
		c.fail(line, "url_file: give a file that holds the address, or url when it is no secret")
		return secret{}
	case file != "":
		u := c.secret(line, "url_file", file)
		if u.text() != "" {
			c.url(line, "url_file", u.text(), public)
		}
		return u
	}
	c.url(line, "url", given, public)
	return newSecret(given)
}

// url checks an address. Over a public network it must be https. The error never
// shows it: it may be the secret.
func (c *checker) url(line int, key, text string, public bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		c.fail(line, "%s: want an address such as https://host/path", key)
	case u.User != nil:
		c.fail(line, "%s: take the user and the password out of the address", key)
	case u.Scheme == "http" && public && !loopback(u.Hostname()):
		c.fail(line, "%s: want https: the address itself is a secret", key)
	}
}

func (c *checker) count(line int, key string, list []string) {
	if len(list) > maxTargets {
		c.fail(line, "%s: %d entries, at most %d are possible", key, len(list), maxTargets)
	}
	for _, entry := range list {
		if strings.TrimSpace(entry) == "" || strings.ContainsAny(entry, "\r\n<>\"") {
			c.fail(line, "%s: %q is none", key, entry)
		}
	}
}

// digits of a phone, with + and - for the country.
var phoneForm = regexp.MustCompile(`^\+?[0-9][0-9-]{2,24}$`)

// phones checks people to call by name; all is everybody in the room.
func (c *checker) phones(line int, list []string) {
	c.count(line, "mention", list)
	for _, p := range list {
		if p != mentionAll && !phoneForm.MatchString(p) {
			c.fail(line, "mention: %q is neither a phone number nor all", p)
		}
	}
}

// mentionAll calls everybody in the room.
const mentionAll = "all"

// limits of the channel's rate.
func (ch *ChannelConfig) budget() *budget {
	perMinute := map[string]int{
		"mail": 60, "dingtalk": 20, "wecom": 20, "feishu": 100, "webhook": 60, "cloudevents": 600, "alertmanager": 600, "mqtt": maxPerMinute,
	}[ch.Kind]
	if ch.PerMinute != nil {
		perMinute = *ch.PerMinute
	}
	share := defaultShare
	if ch.LifeSafetyShare != nil {
		share = *ch.LifeSafetyShare
	}
	keep := func(n int) int { return min(int(math.Ceil(float64(n)*share)), n-1) }
	b := &budget{limits: []*limit{{n: perMinute, keep: keep(perMinute), per: time.Minute}}}
	if ch.Kind == "feishu" {
		b.limits = append(b.limits, &limit{n: 5, keep: keep(5), per: time.Second})
	}
	return b
}

func (ch *ChannelConfig) digestAfter() int {
	if ch.DigestAfter != nil {
		return *ch.DigestAfter
	}
	return defaultDigest
}
