package embedded

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"strconv"

	"steward/internal/clickhouse"
)

// user is the application's account in the engine.
const user = "steward"

// address is where an engine listens, and the key to it.
type address struct {
	tcp, http int // ports on the loopback interface
	password  string
}

// newAddress picks two free ports and a password.
func newAddress() (address, error) {
	tcp, err := freePort()
	if err != nil {
		return address{}, err
	}
	http, err := freePort()
	for err == nil && http == tcp {
		http, err = freePort()
	}
	if err != nil {
		return address{}, err
	}
	return address{tcp: tcp, http: http, password: rand.Text()}, nil
}

// Ports are taken from below the ranges from which Linux and macOS pick the
// near end of outgoing connections: while the engine is down nothing should
// step by chance on the port to which it will return.
const firstPort, lastPort = 20000, 32000

func freePort() (int, error) {
	var err error
	for range 100 {
		port := firstPort + mathrand.IntN(lastPort-firstPort)
		var l net.Listener
		if l, err = net.Listen("tcp", loopback(port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("embedded engine: find a free port from %d to %d: %w", firstPort, lastPort, err)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func (a address) native() string { return loopback(a.tcp) }

func (a address) options(database string) clickhouse.Options {
	return clickhouse.Options{
		Addrs: []string{a.native()}, HTTPURL: "http://" + loopback(a.http), Database: database, User: user, Password: a.password,
	}
}

// passwordHash is what the engine's configuration holds instead of the password.
func (a address) passwordHash() string {
	sum := sha256.Sum256([]byte(a.password))
	return hex.EncodeToString(sum[:])
}
