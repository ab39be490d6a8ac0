package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"steward/internal/incident"
)

// Channels are the open channels of a configuration. They are safe for
// concurrent use.
type Channels struct {
	byName    map[string]*opened
	publicURL string
}

// opened is one channel with what is to be known of it.
type opened struct {
	Channel
	name, kind  string
	timeout     time.Duration
	budget      func() *budget // a fresh one
	digestAfter int
}

// Syncer is a channel that wants to hear of all open incidents every minute.
type Syncer interface {
	Sync(ctx context.Context, open []incident.Incident) error
}

// follower is a channel that wants to hear of every change of an incident,
// whether or not somebody is told of it.
type follower interface {
	Changed(ctx context.Context, inc incident.Incident) error
}

// bus is the name of the MQTT channel that is there when none is configured.
const bus = "mqtt"

// Open makes the channels of a configuration. It connects to nothing. With publish
// there is always an MQTT channel: incidents are published on the broker. It may be
// nil when none is configured.
func Open(cfg *Config, publish Publish) (*Channels, error) {
	c := &Channels{byName: map[string]*opened{}, publicURL: cfg.PublicURL}
	published := false
	for _, name := range sortedKeys(cfg.Channels) {
		conf := cfg.Channels[name]
		channel, err := open(conf, cfg.PublicURL, publish)
		if err != nil {
			return nil, fmt.Errorf("channel %q: %w", name, err)
		}
		c.byName[name] = &opened{channel, name, conf.Kind, conf.Timeout.Std(), conf.budget, conf.digestAfter()}
		published = published || conf.MQTT != nil
	}
	if publish != nil && !published && c.byName[bus] == nil {
		conf := &ChannelConfig{Name: bus, MQTT: &MQTTConfig{}, Kind: (*MQTTConfig)(nil).kind()}
		c.byName[bus] = &opened{newMQTT(conf.MQTT, publish), bus, conf.Kind, defaultTimeout, conf.budget, conf.digestAfter()}
	}
	return c, nil
}

func open(conf *ChannelConfig, publicURL string, publish Publish) (Channel, error) {
	switch {
	case conf.Mail != nil:
		return newMail(conf.Mail)
	case conf.DingTalk != nil:
		return newDingTalk(conf.DingTalk)
	case conf.WeCom != nil:
		return newWeCom(conf.WeCom)
	case conf.Feishu != nil:
		return newFeishu(conf.Feishu)
	case conf.Webhook != nil:
		return newWebhook(conf.Webhook)
	case conf.CloudEvents != nil:
		return newCloudEvents(conf.CloudEvents)
	case conf.Alertmanager != nil:
		return newAlertmanager(conf.Alertmanager, publicURL)
	case publish == nil:
		return nil, errors.New("mqtt: there is no broker to publish to")
	}
	return newMQTT(conf.MQTT, publish), nil
}

// Names are the names of the channels, in order.
func (c *Channels) Names() []string { return sortedKeys(c.byName) }

// Kind is that of a channel; empty when there is none of the name.
func (c *Channels) Kind(name string) string {
	if ch := c.byName[name]; ch != nil {
		return ch.kind
	}
	return ""
}

// Followers are the channels that follow every change, Alertmanager and MQTT, by
// name: each is told what an incident has become. One that fails is to be told
// again.
func (c *Channels) Followers() map[string]func(context.Context, incident.Incident) error {
	all := map[string]func(context.Context, incident.Incident) error{}
	for name, ch := range c.byName {
		f, ok := ch.Channel.(follower)
		if !ok {
			continue
		}
		all[name] = func(ctx context.Context, inc incident.Incident) error {
			ctx, cancel := context.WithTimeout(ctx, ch.timeout)
			defer cancel()
			if err := f.Changed(ctx, inc); err != nil {
				return fmt.Errorf("channel %q: %w", name, err)
			}
			return nil
		}
	}
	return all
}

// Test sends a message that says it is a test through one channel, at once.
func (c *Channels) Test(ctx context.Context, name string) error {
	ch := c.byName[name]
	if ch == nil {
		return fmt.Errorf("no channel has the name %q; there are: %s", name, strings.Join(c.Names(), ", "))
	}
	ctx, cancel := context.WithTimeout(ctx, ch.timeout)
	defer cancel()
	if err := ch.Send(ctx, trial(name)); err != nil {
		return fmt.Errorf("channel %q: %w", name, err)
	}
	return nil
}

// incidentLink is the page of an incident; empty when nobody said where pages are.
func incidentLink(publicURL, id string) string {
	if publicURL == "" {
		return ""
	}
	return publicURL + "/#incident=" + url.QueryEscape(id)
}

// joined is an address with a path added.
func joined(base secret, path string) secret {
	return newSecret(strings.TrimRight(base.text(), "/") + path)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
