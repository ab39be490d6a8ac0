package embedded

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"fmt"
	"text/template"

	"steward/internal/clickhouse"
)

//go:embed config.xml.tmpl
var configText string

//go:embed users.xml.tmpl
var usersText string

var configTemplates = func() *template.Template {
	t := template.New("").Funcs(template.FuncMap{"xml": escape})
	template.Must(t.New("config").Parse(configText))
	template.Must(t.New("users").Parse(usersText))
	return t
}()

// configure writes the engine's configuration, for this user alone: it holds the
// password, which lives no longer than the engine.
func (p place) configure(o Options, a address) error {
	values := map[string]any{
		"Store": p.storeDir() + "/", "Backups": p.backupDir() + "/", "Log": p.logFile(), "Users": p.usersFile(),
		"TCP": a.tcp, "HTTP": a.http, "Memory": o.MemoryBytes,
		// A cache larger than an eighth of the memory starves queries.
		"MarkCache": min(o.MemoryBytes/8, 512<<20),
		"User":      user, "Password": a.password, "PasswordHash": a.passwordHash(),
		"Collection": clickhouse.DictionaryAccount,
	}
	for name, path := range map[string]string{"config": p.configFile(), "users": p.usersFile()} {
		var text bytes.Buffer
		if err := configTemplates.ExecuteTemplate(&text, name, values); err != nil {
			return fmt.Errorf("embedded engine: %w", err)
		}
		if err := writePrivate(path, text.Bytes()); err != nil {
			return fmt.Errorf("embedded engine: write its configuration: %w", err)
		}
	}
	return nil
}

func escape(s string) (string, error) {
	var b bytes.Buffer
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}
