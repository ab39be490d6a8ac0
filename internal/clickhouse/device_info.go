package clickhouse

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// DictionaryAccount is a named collection of the server with the user and
// password by which the server reads the sources of its own dictionaries. The
// embedded engine has it; a server without it reads them as its user default.
const DictionaryAccount = "steward_dictionaries"

//go:embed templates/device_info.sql
var deviceInfo string

// createDictionary makes the dictionary device_info, by which queries join what
// the registry knows:
//
//	dictGet('device_info', 'model', (region, project, class, device))
//
// It cannot be in a migration, since its definition names the database, and the
// account where there is one. It holds no password: definitions are kept, shown
// and backed up.
func (s *Store) createDictionary(ctx context.Context) error {
	account := ""
	params := driver.Parameters{"name": DictionaryAccount}
	err := s.each(ctx, "named_collection", params, func(scan func(...any) error) error { return scan(&account) })
	if err != nil {
		return err
	}
	if account != "" {
		account = "NAME " + account
	}
	definition := strings.ReplaceAll(deviceInfo, "$ACCOUNT", account)
	sum := sha256.Sum256([]byte(definition))
	mark := "definition " + hex.EncodeToString(sum[:8])
	is, _, err := s.dictionary(ctx)
	if err != nil || is == mark {
		return err
	}
	definition = strings.ReplaceAll(definition, "$DATABASE", s.opts.Database)
	return s.wrap("create the dictionary device_info", s.settle(ctx, definition+"\nCOMMENT '"+mark+"'"))
}

// refreshDictionary has the dictionary read its source at once, unless nobody
// has used it yet. A server would do so by itself, seconds later; the embedded
// engine does not.
func (s *Store) refreshDictionary(ctx context.Context) error {
	_, used, err := s.dictionary(ctx)
	if err != nil || !used {
		return err
	}
	return s.wrap("read the dictionary device_info anew", s.conn.Exec(ctx, "SYSTEM RELOAD DICTIONARY device_info"))
}

// dictionary is the comment of device_info, and whether it is in use; "" when
// there is none.
func (s *Store) dictionary(ctx context.Context) (comment string, used bool, err error) {
	err = s.each(ctx, "dictionary", driver.Parameters{"name": "device_info"}, func(scan func(...any) error) error {
		var state uint8
		if err := scan(&comment, &state); err != nil {
			return err
		}
		used = state == 1
		return nil
	})
	return comment, used, err
}
