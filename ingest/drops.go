package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// dropTopics are where Mosquitto and its like count what they threw away. The
// ledger cannot see such messages: they never arrived.
var dropTopics = []string{"$SYS/broker/publish/messages/dropped", "$SYS/broker/messages/publish/dropped"}

// BrokerDrops asks a broker's own statistics how many messages it has dropped.
// known is false when the broker publishes none.
func BrokerDrops(ctx context.Context, opts SubscriberOptions) (dropped float64, known bool, err error) {
	opts.setDefaults()
	o := baseOptions(opts)
	o.SetClientID(fmt.Sprintf("steward-drops-%08x", rand.Uint32()))
	o.SetCleanSession(true)
	client := mqtt.NewClient(o)
	if _, err := connect(client, opts.ConnectTimeout); err != nil {
		return 0, false, err
	}
	defer client.Disconnect(250)
	counts := make(chan float64, len(dropTopics))
	for _, topic := range dropTopics {
		token := client.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) {
			if v, err := strconv.ParseFloat(strings.TrimSpace(string(m.Payload())), 64); err == nil {
				select {
				case counts <- v:
				default:
				}
			}
		})
		if err := waitToken(ctx, token, opts.ConnectTimeout); err != nil {
			return 0, false, fmt.Errorf("subscribe to %s: %w", topic, err)
		}
	}
	// They are retained, so that an answer comes at once or not at all.
	select {
	case v := <-counts:
		return v, true, nil
	case <-time.After(time.Second):
		return 0, false, nil
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
}

func waitToken(ctx context.Context, t mqtt.Token, timeout time.Duration) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(timeout):
		return fmt.Errorf("no answer within %s", timeout)
	}
}
