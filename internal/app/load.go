package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"

	"steward/internal/yamlfile"
)

// EnvPrefix begins every environment variable that sets a key: the key in upper
// case with _ for the dot, as in STEWARD_MQTT_PASSWORD.
const EnvPrefix = "STEWARD_"

// secretKeys may come from the environment or from the file that the key with
// _file names, and never from the configuration itself, which gets copied,
// mailed and committed.
var secretKeys = []string{
	"mqtt.password", "embedded_broker.password", "clickhouse.password", "registry.dsn", "sign_in.oidc.client_secret",
}

// LoadConfig reads the defaults, then the file (if path is not empty), then the
// environment. Errors name the line, the key and the remedy.
func LoadConfig(path string, environ []string) (Config, error) {
	k := koanf.New(".")
	defaults := DefaultConfig()
	if err := k.Load(structs.Provider(defaults, "koanf"), nil); err != nil {
		return Config{}, fmt.Errorf("configuration defaults: %w", err)
	}
	known := k.Keys()
	var lines map[string]int
	if path != "" {
		var err error
		if lines, err = loadFile(k, path, known); err != nil {
			return Config{}, err
		}
	}
	if err := loadEnv(k, environ, known); err != nil {
		return Config{}, err
	}
	var c Config
	if err := unmarshal(k, &c); err != nil {
		return Config{}, inFile(path, lines, err)
	}
	c.DataDir, c.Spool.Dir = expandHome(c.DataDir), expandHome(c.Spool.Dir)
	if err := readSecrets(&c); err != nil {
		return Config{}, err
	}
	if err := c.Validate(); err != nil {
		return Config{}, inFile(path, lines, err)
	}
	return c, nil
}

func loadFile(k *koanf.Koanf, path string, known []string) (map[string]int, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("configuration %s does not exist: give --config another path, or start from configs/steward.yaml", path)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	lines, err := keyLines(path, text)
	if err != nil {
		return nil, err
	}
	if err := checkKeys(path, lines, known); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 || len(lines) == 0 {
		return lines, nil
	}
	if err := k.Load(rawbytes.Provider(text), kyaml.Parser()); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	return lines, nil
}

// keyLines finds the line of every key, in dotted form.
func keyLines(path string, text []byte) (map[string]int, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	lines := map[string]int{}
	if len(root.Content) == 0 {
		return lines, nil
	}
	if root.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("configuration %s: line %d: want keys and values, such as data_dir: /var/lib/steward", path, root.Content[0].Line)
	}
	var walk func(prefix string, n *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			name := prefix + key.Value
			lines[name] = key.Line
			if value.Kind == yaml.MappingNode {
				walk(name+".", value)
			}
		}
	}
	walk("", root.Content[0])
	return lines, nil
}

// checkKeys refuses what is not a key, with the line it stands on and the key
// that was probably meant.
func checkKeys(path string, lines map[string]int, known []string) error {
	valid := map[string]bool{}
	for _, k := range known {
		for i := range k {
			if k[i] == '.' {
				valid[k[:i]] = true
			}
		}
		valid[k] = true
	}
	var errs []error
	for _, name := range sortedByLine(lines) {
		if valid[name] {
			continue
		}
		hint := ""
		if near := yamlfile.Nearest(name, known, 3); near != "" {
			hint = ": did you mean " + near + "?"
		}
		errs = append(errs, fmt.Errorf("configuration %s: line %d: unknown key %s%s", path, lines[name], name, hint))
	}
	for _, name := range secretKeys {
		if line, ok := lines[name]; ok {
			errs = append(errs, fmt.Errorf("configuration %s: line %d: %s must not stand in the file: put it in a file of its own and name that in %s_file, or set %s",
				path, line, name, name, envName(name)))
		}
	}
	return errors.Join(errs...)
}

func sortedByLine(lines map[string]int) []string {
	names := make([]string, 0, len(lines))
	for n := range lines {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool { return lines[names[i]] < lines[names[j]] })
	return names
}

func envName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func loadEnv(k *koanf.Koanf, environ, known []string) error {
	byName := make(map[string]string, len(known))
	for _, key := range known {
		byName[envName(key)] = key
	}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, EnvPrefix) && byName[name] == "" {
			return fmt.Errorf("environment variable %s sets no key: see configs/steward.yaml", name)
		}
	}
	return k.Load(env.Provider(".", env.Opt{
		Prefix:      EnvPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			return byName[name], value
		},
	}), nil)
}

func unmarshal(k *koanf.Koanf, c *Config) error {
	err := k.UnmarshalWithConf("", c, koanf.UnmarshalConf{
		Tag: "koanf",
		DecoderConfig: &mapstructure.DecoderConfig{
			Result:           c,
			TagName:          "koanf",
			ErrorUnused:      true,
			WeaklyTypedInput: true, // the environment has only texts
			DecodeHook: mapstructure.ComposeDecodeHookFunc(
				mapstructure.TextUnmarshallerHookFunc(),
				mapstructure.StringToSliceHookFunc(","),
			),
		},
	})
	return errors.Join(keyErrors(err)...)
}

// keyErrors are the errors of the single keys, one line each, out of the
// decoder's report, which is a tree.
func keyErrors(err error) []error {
	switch e := err.(type) { //nolint:errorlint // each node is looked at by itself
	case nil:
		return nil
	case *mapstructure.DecodeError:
		return []error{fmt.Errorf("%s: %w", e.Name(), e.Unwrap())}
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range e.Unwrap() {
			all = append(all, keyErrors(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return keyErrors(e.Unwrap())
	}
	return []error{err}
}

// inFile adds the file and the lines of the keys that an error names.
func inFile(path string, lines map[string]int, err error) error {
	if path == "" {
		return fmt.Errorf("configuration: %w", err)
	}
	for _, name := range sortedByLine(lines) {
		if strings.Contains(err.Error(), name+":") || strings.Contains(err.Error(), "'"+name+"'") {
			return fmt.Errorf("configuration %s: line %d: %w", path, lines[name], err)
		}
	}
	return fmt.Errorf("configuration %s: %w", path, err)
}

// expandHome makes ~/ the user's home folder, as a shell would.
func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

func readSecrets(c *Config) error {
	for _, s := range []struct {
		key, file string
		secret    *string
	}{
		{"mqtt.password_file", c.MQTT.PasswordFile, &c.MQTT.Password},
		{"embedded_broker.password_file", c.Broker.PasswordFile, &c.Broker.Password},
		{"clickhouse.password_file", c.ClickHouse.PasswordFile, &c.ClickHouse.Password},
		{"registry.dsn_file", c.Registry.DSNFile, &c.Registry.DSN},
		{"sign_in.oidc.client_secret_file", c.SignIn.OIDC.ClientSecretFile, &c.SignIn.OIDC.ClientSecret},
	} {
		if s.file == "" || *s.secret != "" {
			continue // the environment goes before the file
		}
		var err error
		if *s.secret, err = ReadSecret(s.file); err != nil {
			return fmt.Errorf("%s: %w", s.key, err)
		}
	}
	return nil
}

// ReadSecret reads a file that holds one secret, with or without a line end.
func ReadSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimRight(string(text), "\r\n"), err
}
