package ingest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/identity"
	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

// registered lets in whom the registry knows.
type registered struct{ *identity.Service }

func (r registered) Authenticate(ctx context.Context, user string, password []byte, _ string) (Access, error) {
	c, err := r.MQTT(ctx, user, password)
	if errors.Is(err, identity.ErrBadCredentials) {
		return Access{}, ErrBadCredentials
	}
	return Access{Name: c.Principal.ID, MayPublish: c.MayPublish, MaySubscribe: c.MaySubscribe}, err
}

// The registry's credentials mean the same to the embedded broker and, by the
// files that are written for it, to a Mosquitto.
func TestCredentialsMeanTheSameToEveryBroker(t *testing.T) {
	people, err := identity.New(t.Context(), identity.Options{
		DB: controldbtest.SQLite(t), Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	here := identity.Credential{Region: "north", Project: "harbour"}
	device, gateway, project := here, here, here
	device.Kind, device.Class, device.Device = identity.DeviceCredential, telemetry.Elevator, "e1"
	gateway.Kind, gateway.Name, gateway.Children = identity.GatewayCredential, "north.harbour.gateway", []string{"elevator/e2", "meter/m1"}
	project.Kind, project.Name = identity.ProjectCredential, "north.harbour.all"
	password := map[string]string{"steward": "own"}
	name := map[identity.CredentialKind]string{}
	for _, c := range []identity.Credential{device, gateway, project} {
		made, secret, err := people.As(authz.SystemPrincipal("test")).CreateCredential(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		name[c.Kind], password[made.Name] = made.Name, secret
	}

	for broker, addr := range map[string]string{
		"embedded": startTestBroker(t, BrokerOptions{Auth: registered{people}, User: "steward", Password: "own"},
			NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 10})).Addr(),
		"mosquitto": mosquittoWith(t, people).Addr(),
	} {
		dial := func(user string) *mqtttest.Raw {
			t.Helper()
			c, err := mqtttest.DialRaw(t.Context(), mqtttest.RawOptions{Addr: addr, Version: 5, User: user, Password: password[user]})
			if err != nil {
				t.Fatalf("%s: %s: %v", broker, user, err)
			}
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		const (
			e1    = "property/north/harbour/elevator/e1/event"
			e2    = "property/north/harbour/elevator/e2/status"
			m1    = "property/north/harbour/meter/m1/telemetry"
			hill  = "property/north/hill/elevator/e1/event"
			deep  = "property/north/harbour/elevator/e1/event/more"
			incid = "steward/incidents/north/harbour/1"
		)
		for kind, may := range map[identity.CredentialKind]map[string]bool{
			identity.DeviceCredential:  {e1: true},
			identity.GatewayCredential: {e2: true, m1: true},
			identity.ProjectCredential: {e1: true, e2: true, m1: true},
		} {
			for _, topic := range []string{e1, e2, m1, hill, deep, incid} {
				err := dial(name[kind]).Publish(topic, "{}", 1, false)
				if may[topic] && err != nil || !may[topic] && !refusedWith(err, 0x87) {
					t.Errorf("%s: %s publishes on %s: %v", broker, kind, topic, err)
				}
			}
			c := dial(name[kind])
			for _, filter := range []string{"#", "property/#", e1, "$share/g/property/#"} {
				_ = c.Subscribe(filter) // one broker refuses, the other holds every message back
			}
			if err := dial("steward").Publish(e1, "{}", 1, false); err != nil {
				t.Fatalf("%s: %v", broker, err)
			}
			if got, err := c.Messages(); err != nil || len(got) > 0 {
				t.Errorf("%s: %s reads %v, %v", broker, kind, got, err)
			}
		}
		for user := range password {
			_, err := mqtttest.DialRaw(t.Context(), mqtttest.RawOptions{Addr: addr, Version: 5, User: user, Password: "wrong"})
			if !refusedWith(err, 0x86) && !refusedWith(err, 0x87) {
				t.Errorf("%s: %s with a wrong password: %v", broker, user, err)
			}
		}
	}
}

func mosquittoWith(t *testing.T, people *identity.Service) *mqtttest.Mosquitto {
	t.Helper()
	dir := t.TempDir()
	o := mqtttest.Options{PasswordFile: filepath.Join(dir, "passwords"), ACLFile: filepath.Join(dir, "acl")}
	var files [2]*os.File
	for i, name := range []string{o.PasswordFile, o.ACLFile} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	if err := people.WriteMosquitto(t.Context(), files[0], files[1], identity.BrokerAccount{User: "steward", Password: "own"}); err != nil {
		t.Fatal(err)
	}
	return mqtttest.Start(t, o)
}
