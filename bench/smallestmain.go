package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// The smallest program that a user would write: paho acknowledges by itself,
// encoding/json decodes, clickhouse-go inserts a batch each second. What it has
// acknowledged and not yet inserted is lost when it dies; it checks nothing.

// smallestCommand is the first argument of a process that is to be it.
const smallestCommand = "smallest-program"

// smallestPassword is the environment variable with ClickHouse's password.
const smallestPassword = "BENCH_CLICKHOUSE_PASSWORD"

func smallestMain(args []string) int {
	f := flag.NewFlagSet(smallestCommand, flag.ContinueOnError)
	broker := f.String("broker", "", "")
	client := f.String("client", "", "")
	addr := f.String("clickhouse", "", "")
	user := f.String("user", "", "")
	form := f.String("form", "", "")
	if f.Parse(args) != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	conn, err := driver.Open(&driver.Options{
		Addr:        []string{*addr},
		Auth:        driver.Auth{Database: "default", Username: *user, Password: os.Getenv(smallestPassword)},
		Compression: &driver.Compression{Method: driver.CompressionLZ4},
	})
	if err == nil {
		err = smallestRun(ctx, conn, *broker, *client, *form == smallestFive)
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func smallestRun(ctx context.Context, conn driver.Conn, broker, clientID string, fiveRows bool) error {
	var (
		mu   sync.Mutex
		rows [][]any
	)
	handle := func(_ mqtt.Client, m mqtt.Message) {
		device := strings.Split(m.Topic(), "/")[4]
		var add [][]any
		var err error
		if fiveRows {
			add, err = fiveRowsOf(device, m.Payload())
		} else {
			add, err = oneRowOf(device, m.Payload())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		mu.Lock()
		rows = append(rows, add...)
		mu.Unlock()
	}
	flush := func() error {
		mu.Lock()
		batch := rows
		rows = nil
		mu.Unlock()
		return insert(conn, batch)
	}

	o := mqtt.NewClientOptions().AddBroker(broker).SetClientID(clientID).SetCleanSession(false)
	o.SetDefaultPublishHandler(handle)
	client := mqtt.NewClient(o)
	for _, token := range []func() mqtt.Token{client.Connect, func() mqtt.Token { return client.Subscribe("property/#", 1, nil) }} {
		if t := token(); t.Wait() && t.Error() != nil {
			return t.Error()
		}
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			client.Disconnect(250)
			return flush()
		case <-tick.C:
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

func oneRowOf(device string, payload []byte) ([][]any, error) {
	var m struct {
		TS     int64 `json:"ts"`
		Values struct {
			Energy   float64 `json:"energy_kwh"`
			Power    float64 `json:"power_kw"`
			Reactive float64 `json:"reactive_kvarh"`
			Voltage  float64 `json:"voltage_v"`
			Current  float64 `json:"current_a"`
		} `json:"values"`
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return nil, err
	}
	v := &m.Values
	return [][]any{{time.UnixMilli(m.TS), device, v.Energy, v.Power, v.Reactive, v.Voltage, v.Current}}, nil
}

func fiveRowsOf(device string, payload []byte) ([][]any, error) {
	var m struct {
		TS     int64              `json:"ts"`
		Values map[string]float64 `json:"values"`
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return nil, err
	}
	rows := make([][]any, 0, len(m.Values))
	for metric, value := range m.Values {
		rows = append(rows, []any{time.UnixMilli(m.TS), device, metric, value})
	}
	return rows, nil
}

func insert(conn driver.Conn, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	batch, err := conn.PrepareBatch(context.Background(), "INSERT INTO messages")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := batch.Append(row...); err != nil {
			return err
		}
	}
	return batch.Send()
}
