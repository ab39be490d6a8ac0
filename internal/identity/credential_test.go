package identity

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

func deviceOf(device string) Credential {
	return Credential{Kind: DeviceCredential, Region: "north", Project: "harbour", Class: telemetry.Meter, Device: device}
}

func (h *house) credential(c Credential) (Credential, string) {
	h.t.Helper()
	made, password, err := h.As(system).CreateCredential(h.t.Context(), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return made, password
}

func (h *house) connect(name, password string) Client {
	h.t.Helper()
	c, err := h.MQTT(h.t.Context(), name, []byte(password))
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return c
}

func TestCredentials(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		made, password := h.credential(deviceOf("m1"))
		if made.Name != "north.harbour.meter.m1" || made.Version != 1 || len(password) != 43 {
			t.Errorf("made %+v", made)
		}
		c := h.connect(made.Name, password)
		if !c.MayPublish("property/north/harbour/meter/m1/telemetry") || c.MayPublish("property/north/harbour/meter/m2/telemetry") || c.MaySubscribe("property/north/harbour/meter/m1/telemetry") || len(c.Principal.Grants) != 0 {
			t.Errorf("device %+v", c)
		}
		for name, p := range map[string]string{made.Name: password + "x", "": "", "nobody": password, made.Name + "\x00": password, tokenUser: password, strings.Repeat("x", 100_000): "x"} {
			_, err := h.MQTT(t.Context(), name, []byte(p))
			want(t, err, ErrBadCredentials)
		}
		_, _, err := h.As(system).CreateCredential(t.Context(), deviceOf("m1"))
		want(t, err, ErrExists)

		_, other := h.credential(Credential{Kind: ProjectCredential, Region: "north", Project: "harbour"})
		if c := h.connect("north.harbour.project", other); !c.MayPublish("property/north/harbour/fire/f1/event") || c.MayPublish("property/north/hill/fire/f1/event") {
			t.Errorf("project %+v", c)
		}
		gateway, secret := h.credential(Credential{Kind: GatewayCredential, Name: "north.harbour.gw1", Region: "north", Project: "harbour", Children: []string{"meter/m2", "fire/f1", "meter/m2"}})
		if c := h.connect(gateway.Name, secret); !slices.Equal(c.Publish, []string{"property/north/harbour/fire/f1/+", "property/north/harbour/meter/m2/+"}) {
			t.Errorf("gateway %+v", c)
		}
		list, err := h.As(system).Credentials(t.Context(), CredentialFilter{Kind: GatewayCredential, At: at("north"), Search: "GW"}, Page{})
		if err != nil || len(list.Items) != 1 || !slices.Equal(list.Items[0].Children, []string{"fire/f1", "meter/m2"}) || !list.Items[0].LastUsedAt.Equal(h.clock.Now()) {
			t.Errorf("list %+v, %v", list, err)
		}
	})
}

func TestConnectionsEndWithTheirCredentials(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a, pa := h.credential(deviceOf("a"))
		b, pb := h.credential(deviceOf("b"))
		g, pg := h.credential(Credential{Kind: GatewayCredential, Name: "north.harbour.g", Region: "north", Project: "harbour", Children: []string{"meter/m1"}})
		kept, pk := h.credential(deviceOf("kept"))
		ca, cb, cg, ck := h.connect(a.Name, pa), h.connect(b.Name, pb), h.connect(g.Name, pg), h.connect(kept.Name, pk)
		// The broker runs in another process than the one that revokes.
		other := newHouse(t, h.db)
		if _, err := other.As(system).RevokeCredential(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		_, rotated, err := other.As(system).RotateCredential(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		g.Children = []string{"meter/m2"}
		if g, err = other.As(system).UpdateCredential(t.Context(), g); err != nil || g.Version != 2 {
			t.Fatal(g, err)
		}
		h.clock.Pass(askGone)
		for name, c := range map[string]Client{"revoked": ca, "rotated": cb, "changed": cg} {
			if _, ok := h.StillMQTT(t.Context(), c); ok {
				t.Errorf("%s: the connection stays", name)
			}
		}
		if _, ok := h.StillMQTT(t.Context(), ck); !ok {
			t.Error("a connection that nothing happened to ends")
		}
		_, err = h.MQTT(t.Context(), a.Name, []byte(pa))
		want(t, err, ErrBadCredentials)
		_, err = h.MQTT(t.Context(), b.Name, []byte(pb))
		want(t, err, ErrBadCredentials)
		if _, ok := h.StillMQTT(t.Context(), h.connect(b.Name, rotated)); !ok {
			t.Error("the new connection ends too")
		}
		// A name that was revoked is free for another, and stays so for it.
		again, p := h.credential(deviceOf("a"))
		if _, ok := h.StillMQTT(t.Context(), h.connect(again.Name, p)); !ok || again.ID == a.ID {
			t.Error("the name's next credential ends")
		}
		_, _, err = h.As(system).RotateCredential(t.Context(), a.ID)
		want(t, err, ErrForbidden)
		stale := g
		stale.Version = 1
		stale.Note = "x"
		_, err = h.As(system).UpdateCredential(t.Context(), stale)
		want(t, err, ErrConflict)
	})
}

func TestTokensAtTheBroker(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		tok, secret := h.token(h.As(system), "bi", grant(authz.Viewer, "north"), grant(authz.Administrator, "east/park"))
		c := h.connect("token", secret)
		if !c.MaySubscribe("property/north/#") || !c.MaySubscribe("steward/incidents/east/park/+") || c.MaySubscribe("property/#") || c.MayPublish("property/north/harbour/meter/m1/telemetry") {
			t.Errorf("%+v", c)
		}
		if now, ok := h.StillMQTT(t.Context(), c); !ok || !slices.Equal(now.Subscribe, c.Subscribe) {
			t.Errorf("still %+v", now)
		}
		if _, err := h.As(system).RevokeToken(t.Context(), tok.ID); err != nil {
			t.Fatal(err)
		}
		if _, ok := h.StillMQTT(t.Context(), c); ok {
			t.Error("a revoked token's connection stays")
		}
		_, err := h.MQTT(t.Context(), "token", []byte(secret))
		want(t, err, ErrBadCredentials)
	})
}

func TestCredentialsOfOthers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		hidden, _ := h.credential(Credential{Kind: ProjectCredential, Region: "east", Project: "park"})
		own, _ := h.credential(deviceOf("m1"))
		v := h.as(h.person("manager", grant(authz.Manager, "north/harbour"), grant(authz.Engineer, "west")))
		list, err := v.Credentials(t.Context(), CredentialFilter{Revoked: true}, Page{})
		if err != nil || len(list.Items) != 1 || list.Items[0].ID != own.ID {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = v.Credential(t.Context(), hidden.ID)
		want(t, err, ErrNotFound)
		_, err = v.RevokeCredential(t.Context(), hidden.ID)
		want(t, err, ErrNotFound)
		_, _, err = v.RotateCredential(t.Context(), hidden.ID)
		want(t, err, ErrNotFound)
		_, _, err = v.CreateCredential(t.Context(), Credential{Kind: ProjectCredential, Region: "east", Project: "park"})
		want(t, err, ErrNotFound) // also when there is one of this name
		_, _, err = v.CreateCredential(t.Context(), Credential{Kind: ProjectCredential, Region: "west", Project: "x"})
		want(t, err, ErrForbidden)
	})
}

func TestCredentialsAreChecked(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	change := func(do func(*Credential)) Credential { c := deviceOf("m1"); do(&c); return c }
	for _, c := range []struct {
		field string
		c     Credential
	}{
		{"kind", change(func(c *Credential) { c.Kind = "all"; c.Class, c.Device = "", ""; c.Name = "north.harbour.x" })},
		{"project", change(func(c *Credential) { c.Project = "" })},
		{"project", change(func(c *Credential) { c.Project = "+" })},
		{"project", change(func(c *Credential) { c.Region = "#" })},
		{"class", change(func(c *Credential) { c.Class = "pump" })},
		{"device", change(func(c *Credential) { c.Device = "m1/#" })},
		{"device", change(func(c *Credential) { c.Kind = ProjectCredential })},
		{"children", change(func(c *Credential) { c.Children = []string{"meter/m2"} })},
		{"children", change(func(c *Credential) { c.Kind, c.Class, c.Device = GatewayCredential, "", "" })},
		{"children[0]", change(func(c *Credential) {
			c.Kind, c.Class, c.Device, c.Children = GatewayCredential, "", "", []string{"meter/+"}
		})},
		{"name", change(func(c *Credential) {
			c.Kind, c.Class, c.Device, c.Children = GatewayCredential, "", "", []string{"meter/m1"}
		})},
		{"name", change(func(c *Credential) { c.Name = "north.hill.m1" })},
		{"name", change(func(c *Credential) { c.Name = "north.harbour." })},
		{"name", change(func(c *Credential) { c.Name = "north.harbour.m1\nuser steward" })},
		{"name", change(func(c *Credential) { c.Name = "north.harbour.m1:x" })},
		{"name", change(func(c *Credential) { c.Name = "north.harbour.\"}." })},
		{"note", change(func(c *Credential) { c.Note = "a\nb" })},
	} {
		_, _, err := h.As(system).CreateCredential(t.Context(), c.c)
		wantField(t, err, c.field)
	}
}

// A real Mosquitto with the files enforces what the embedded broker does.
func TestMosquittoFiles(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	device, password := h.credential(deviceOf("m1"))
	gateway, gatewayPassword := h.credential(Credential{Kind: GatewayCredential, Name: "north.harbour.gw", Region: "north", Project: "harbour", Children: []string{"fire/f1", "meter/m2"}})
	project, projectPassword := h.credential(Credential{Kind: ProjectCredential, Region: "east", Project: "park"})
	revoked, revokedPassword := h.credential(deviceOf("old"))
	if _, err := h.As(system).RevokeCredential(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}
	var passwords, acl bytes.Buffer
	if err := h.WriteMosquitto(t.Context(), &passwords, &acl, BrokerAccount{User: "steward", Password: "the service's own"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{filepath.Join(dir, "passwords"): passwords.Bytes(), filepath.Join(dir, "acl"): acl.Bytes()}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	broker, err := mqtttest.StartMosquitto(t.Context(), mqtttest.Options{PasswordFile: filepath.Join(dir, "passwords"), ACLFile: filepath.Join(dir, "acl")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	dial := func(user, password string) (*mqtttest.Raw, error) {
		c, err := mqtttest.DialRaw(t.Context(), mqtttest.RawOptions{Addr: broker.Addr(), Version: 5, User: user, Password: password})
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
		}
		return c, err
	}
	for name, wrong := range map[string][2]string{"revoked": {revoked.Name, revokedPassword}, "wrong": {device.Name, projectPassword}, "nobody": {"", ""}} {
		if _, err := dial(wrong[0], wrong[1]); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	own, err := dial("steward", "the service's own")
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Subscribe("property/#"); err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{device.Name: password, gateway.Name: gatewayPassword, project.Name: projectPassword}
	for _, c := range []struct {
		user, topic string
		allowed     bool
	}{
		{device.Name, "property/north/harbour/meter/m1/telemetry", true},
		{device.Name, "property/north/harbour/meter/m2/telemetry", false},
		{device.Name, "steward/incidents/north/harbour/1", false},
		{gateway.Name, "property/north/harbour/fire/f1/event", true},
		{gateway.Name, "property/north/harbour/meter/m2/status", true},
		{gateway.Name, "property/north/harbour/meter/m1/telemetry", false},
		{project.Name, "property/east/park/elevator/e9/event", true},
		{project.Name, "property/east/lake/elevator/e9/event", false},
	} {
		client := h.connect(c.user, secrets[c.user])
		raw, err := dial(c.user, secrets[c.user])
		if err != nil {
			t.Fatalf("%s: %v", c.user, err)
		}
		var refused mqtttest.RefusedError
		err = raw.Publish(c.topic, "{}", 1, false)
		if c.allowed && err != nil || !c.allowed && (!errors.As(err, &refused) || refused.Code != 0x87) {
			t.Errorf("%s on %s: %v", c.user, c.topic, err)
		}
		if client.MayPublish(c.topic) != c.allowed {
			t.Errorf("%s on %s: the embedded broker decides otherwise", c.user, c.topic)
		}
	}
}

func TestEMQXFiles(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	var users, acl bytes.Buffer
	if err := h.WriteEMQX(t.Context(), &users, &acl, BrokerAccount{}); err != nil || !json.Valid(users.Bytes()) || !strings.HasSuffix(acl.String(), "{deny, all}.\n") {
		t.Fatalf("of nobody: %q, %q, %v", users.String(), acl.String(), err)
	}
	users.Reset()
	acl.Reset()
	made, password := h.credential(deviceOf("m1"))
	if err := h.WriteEMQX(t.Context(), &users, &acl, BrokerAccount{User: "steward", Password: "x"}); err != nil {
		t.Fatal(err)
	}
	var list []emqxUser
	if err := json.Unmarshal(users.Bytes(), &list); err != nil || len(list) != 2 || list[0].UserID != "steward" || list[1].UserID != made.Name || list[1].Superuser {
		t.Fatalf("%s, %v", users.String(), err)
	}
	// As EMQX checks it: the salt as text, the hash in hexadecimal.
	hash, err := hex.DecodeString(list[1].PasswordHash)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list[1].Salt {
		if r < '!' || r > '~' {
			t.Errorf("the salt is not printable: %q", list[1].Salt)
		}
	}
	if !pbkdf2Is(hash, password, list[1].Salt) {
		t.Error("the hash is not PBKDF2-HMAC-SHA512 of the password")
	}
	wantACL := `{allow, {user, "steward"}, all, ["property/#", "steward/#"]}.
{allow, {user, "steward"}, subscribe, ["$SYS/#"]}.
{allow, {user, "north.harbour.meter.m1"}, publish, ["property/north/harbour/meter/m1/+"]}.
{deny, all}.
`
	if _, body, _ := strings.Cut(acl.String(), "\n"); body != wantACL {
		t.Errorf("acl\n%s", body)
	}
	for _, bad := range []string{"a b", "a:b", "a\nb", `a"b`, "token", strings.Repeat("a", 65)} {
		if err := h.WriteEMQX(t.Context(), &users, &acl, BrokerAccount{User: bad}); err == nil {
			t.Errorf("own account %q", bad)
		}
	}
	h.exec(`UPDATE mqtt_credentials SET name = ?`, "x\nuser steward\ntopic #")
	if err := h.WriteMosquitto(t.Context(), &users, &acl, BrokerAccount{}); err == nil {
		t.Error("a forged row gets into the files")
	}
}

// pbkdf2Is computes RFC 8018's first block by hand: SHA-512 gives as much as is
// wanted.
func pbkdf2Is(want []byte, password, salt string) bool {
	prf := func(data []byte) []byte {
		h := hmac.New(sha512.New, []byte(password))
		_, _ = h.Write(data)
		return h.Sum(nil)
	}
	u := prf(append([]byte(salt), 0, 0, 0, 1))
	sum := slices.Clone(u)
	for range 100 {
		u = prf(u)
		for i := range sum {
			sum[i] ^= u[i]
		}
	}
	return bytes.Equal(sum, want)
}
