package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
)

type channelPath struct {
	Channel string `path:"channel" minLength:"1" maxLength:"64" example:"duty-room" doc:"The channel's name."`
}

type channelTest struct {
	Delivered bool    `json:"delivered" doc:"The other side has taken it."`
	Error     string  `json:"error,omitempty" doc:"Why it has not."`
	Took      float64 `json:"took_seconds"`
}

type channelTestOut struct{ Body channelTest }

type channelsOut struct {
	Body struct {
		Items []Channel `json:"items" nullable:"false"`
	} `nameHint:"ChannelList"`
}

func (a *API) registerChannels() {
	register(a, authz.Read, operation{
		ID: "list-channels", Method: http.MethodGet, Path: "/channels", Tag: "On call", Summary: "List the ways by which people are told",
		Description: "As they are configured, without their secrets.", Everywhere: true,
		Answer: map[string]any{"items": []Channel{{Name: "duty-room", Kind: "dingtalk"}}},
	}, func(context.Context, caller, *struct{}) (*channelsOut, error) {
		if a.Channels == nil {
			return nil, notHere("alerting")
		}
		out := &channelsOut{}
		if out.Body.Items = a.Channels.List(); out.Body.Items == nil {
			out.Body.Items = []Channel{}
		}
		return out, nil
	})
	register(a, authz.Administer, operation{
		ID: "test-channel", Method: http.MethodPost, Path: "/channels/{channel}/test", Tag: "On call", Summary: "Send a test message by a channel",
		Description: "The answer says whether the other side has taken it.", Everywhere: true, Timeout: time.Minute,
		Answer: channelTest{Delivered: true, Took: 0.21},
	}, func(ctx context.Context, c caller, in *channelPath) (*channelTestOut, error) {
		if a.Channels == nil {
			return nil, notHere("alerting")
		}
		if err := a.note(ctx, c, Deed{Action: "channel.test", Kind: "channel", Key: in.Channel}); err != nil {
			return nil, err
		}
		began := time.Now()
		err := a.Channels.Test(ctx, in.Channel)
		out := &channelTestOut{channelTest{Delivered: err == nil, Took: time.Since(began).Seconds()}}
		switch {
		case err != nil && (errors.Is(err, registry.ErrNotFound) || ctx.Err() != nil):
			return nil, err
		case err != nil:
			out.Body.Error = shorten(err.Error())
		}
		return out, nil
	})
}
