package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"steward/internal/clickhouse"
)

// place is a data directory and the names of what lies in it.
type place string

func (p place) storeDir() string    { return filepath.Join(string(p), "store") }
func (p place) backupDir() string   { return filepath.Join(string(p), "backups") }
func (p place) configFile() string  { return filepath.Join(string(p), "config.xml") }
func (p place) usersFile() string   { return filepath.Join(string(p), "users.xml") }
func (p place) logFile() string     { return filepath.Join(string(p), "engine.log") }
func (p place) lockFile() string    { return filepath.Join(string(p), "lock") }
func (p place) runtimeFile() string { return filepath.Join(string(p), "engine.json") }

// create makes the directories, for this user alone: they hold the readings of
// people's homes.
func (p place) create() error {
	for _, dir := range []string{string(p), p.storeDir(), p.backupDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("embedded engine: create its data directory: %w: choose one that this user may write to", err)
		}
	}
	return nil
}

// runtimeInfo tells other processes of this user how to reach the engine.
type runtimeInfo struct {
	Addr     string `json:"addr"`
	HTTPURL  string `json:"http_url"`
	Database string `json:"database"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// publish writes the runtime file, all of it or nothing.
func (p place) publish(o clickhouse.Options) error {
	data, err := json.MarshalIndent(runtimeInfo{ // the password is what the file is for; only this user can read it
		Addr: o.Addrs[0], HTTPURL: o.HTTPURL, Database: o.Database, User: o.User, Password: o.Password,
	}, "", "  ")
	if err == nil {
		err = writePrivate(p.runtimeFile(), data)
	}
	if err != nil {
		return fmt.Errorf("embedded engine: write how to reach it: %w", err)
	}
	return nil
}

func (p place) unpublish() error {
	if err := os.Remove(p.runtimeFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("embedded engine: %w", err)
	}
	return nil
}

// writePrivate replaces a file by one that only this user can read.
func writePrivate(path string, data []byte) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// ErrNotRunning means that no engine runs on a data directory.
var ErrNotRunning = errors.New("no engine is running")

// Running is how to reach the engine that another process, or this one, runs on
// dataDir. The error is ErrNotRunning when there is none, also when one that
// was killed left its runtime file behind: it did not leave a lock.
func Running(dataDir string) (clickhouse.Options, error) {
	p := place(dataDir)
	held, err := isLocked(p.lockFile())
	if err != nil {
		return clickhouse.Options{}, fmt.Errorf("embedded engine: %w", err)
	}
	data, err := os.ReadFile(p.runtimeFile())
	if !held || errors.Is(err, fs.ErrNotExist) {
		return clickhouse.Options{}, fmt.Errorf("%w on %s", ErrNotRunning, dataDir)
	}
	if err != nil {
		return clickhouse.Options{}, fmt.Errorf("embedded engine: learn how to reach it: %w", err)
	}
	var info runtimeInfo
	if err := json.Unmarshal(data, &info); err != nil {
		return clickhouse.Options{}, fmt.Errorf("embedded engine: %s: %w", p.runtimeFile(), err)
	}
	return clickhouse.Options{
		Addrs: []string{info.Addr}, HTTPURL: info.HTTPURL, Database: info.Database, User: info.User, Password: info.Password,
	}, nil
}
