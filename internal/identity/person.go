package identity

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Person is somebody who may sign in.
type Person struct {
	ID     string        `json:"id"`
	Login  string        `json:"login"` // never changes
	Name   string        `json:"name"`
	Email  string        `json:"email"`  // by which an OpenID provider may know the person
	Grants []authz.Grant `json:"grants"` // those at places that the caller manages; all of his own

	// Elsewhere says that there are grants which the caller does not see. He may
	// not change this person then.
	Elsewhere bool `json:"elsewhere"`

	Managed            bool      `json:"managed"` // by the OpenID provider, which gives the grants anew at each sign-in
	Disabled           bool      `json:"disabled"`
	MustChangePassword bool      `json:"must_change_password"`
	LockedUntil        time.Time `json:"locked_until,omitzero"`
	LastSignIn         time.Time `json:"last_sign_in,omitzero"`
	Version            int64     `json:"version"` // one more with each change
	CreatedAt          time.Time `json:"created_at"`
	UpdatedAt          time.Time `json:"updated_at"`
}

// personRecord is a Person as the tables have him.
type personRecord struct {
	ID          string     `db:"id"`
	Login       string     `db:"login"`
	Name        string     `db:"name"`
	Email       string     `db:"email"`
	Search      string     `db:"search"`
	Password    string     `db:"password"`
	MustChange  bool       `db:"must_change"`
	Disabled    bool       `db:"disabled"`
	Subject     string     `db:"oidc_subject"`
	Managed     bool       `db:"oidc_managed"`
	LastSignIn  *time.Time `db:"last_sign_in"`
	Version     int64      `db:"version"`
	CreatedAt   time.Time  `db:"created_at"`
	UpdatedAt   time.Time  `db:"updated_at"`
	LockedUntil *time.Time `db:"locked_until"` // of the lockouts
}

const selectPeople = `SELECT p.*, l.locked_until FROM people p LEFT JOIN lockouts l ON l.account = p.id `

func (r *personRecord) person(grants []authz.Grant, now time.Time) Person {
	p := Person{
		ID: r.ID, Login: r.Login, Name: r.Name, Email: r.Email, Grants: grants,
		Managed: r.Managed, Disabled: r.Disabled, MustChangePassword: r.MustChange, LastSignIn: timeOf(r.LastSignIn),
		Version: r.Version, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if until := timeOf(r.LockedUntil); until.After(now) {
		p.LockedUntil = until
	}
	return p
}

// timeOf is the zero time for what is not known.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func (r *personRecord) insert(tx *controldb.Tx) error {
	r.Search = searchable(r.Login, r.Name, r.Email)
	_, err := tx.NamedExec(`INSERT INTO people
		(id, login, name, email, search, password, must_change, disabled, oidc_subject, oidc_managed, last_sign_in, version, created_at, updated_at)
		VALUES (:id, :login, :name, :email, :search, :password, :must_change, :disabled, :oidc_subject, :oidc_managed, :last_sign_in, :version, :created_at, :updated_at)`, r)
	return err
}

// update writes what can change, as the next version.
func (r *personRecord) update(tx *controldb.Tx, now time.Time) error {
	r.Search, r.UpdatedAt = searchable(r.Login, r.Name, r.Email), now
	n, err := tx.NamedExec(`UPDATE people SET name = :name, email = :email, search = :search, password = :password, must_change = :must_change,
		disabled = :disabled, oidc_subject = :oidc_subject, oidc_managed = :oidc_managed, version = version + 1, updated_at = :updated_at
		WHERE id = :id AND version = :version`, r)
	if err == nil && n == 0 {
		return ErrConflict
	}
	r.Version++
	return err
}

func searchable(parts ...string) string { return strings.ToLower(strings.Join(parts, "\n")) }

// contains is a LIKE pattern for text that holds s, with ! as the escape.
func contains(s string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s)) + "%"
}

// canonicalLogin is a login as it is kept: names that differ in case alone would
// be mistaken for one another.
func canonicalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

const (
	maxLogin = 64
	maxName  = 100
	maxEmail = 254
)

func checkLogin(login string) error {
	ok := login != "" && len(login) <= maxLogin && login[0] != '.' && login[0] != '-'
	for _, c := range login {
		ok = ok && (('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || strings.ContainsRune("._@-", c))
	}
	if !ok {
		return controldb.Invalid("login", login, "has 1 to %d of a-z, 0-9, and . _ - @ after the first", maxLogin)
	}
	return nil
}

// check says everything that is wrong with a person at once, and brings what is
// right into the form in which it is kept.
func (p *Person) check() error {
	var emailErr, grantsErr error
	p.Email, emailErr = checkEmail(p.Email)
	p.Grants, grantsErr = checkGrants(p.Grants)
	return together(checkLogin(p.Login), checkText("name", p.Name, maxName), emailErr, grantsErr)
}

// together is one InvalidError of several.
func together(errs ...error) error {
	var all InvalidError
	for _, err := range errs {
		var invalid *InvalidError
		switch {
		case errors.As(err, &invalid):
			all.Fields = append(all.Fields, invalid.Fields...)
		case err != nil:
			return err
		}
	}
	if len(all.Fields) == 0 {
		return nil
	}
	return &all
}

// checkText accepts up to n characters that can be shown on one line.
func checkText(field, text string, n int) error {
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > n || strings.ContainsFunc(text, bad) {
		return controldb.Invalid(field, text, "has at most %d characters that can be shown, on one line", n)
	}
	return nil
}

// checkEmail gives an address in the form in which it is kept; empty is none.
func checkEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return "", nil
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > maxEmail {
		return "", controldb.Invalid("email", email, "is not an address such as li.wei@example.com")
	}
	return email, nil
}

// PersonFilter narrows a list of people; a zero field does not.
type PersonFilter struct {
	Search   string      // a part of the login, the name or the email
	At       authz.Place // people with a grant there or below
	Role     authz.Role  // people with this very role
	Disabled *bool
}

// People lists those who have a grant at a place that the caller manages, by
// login; it can be sorted by login and name.
func (v *View) People(ctx context.Context, f PersonFilter, page Page) (List[Person], error) {
	q := newQuery(selectPeople, page, "p", map[string]string{"login": "p.login", "name": "p.name"}, "login")
	q.and(v.holds("p.id", f.At, f.Role))
	if f.Search != "" {
		q.and(`p.search LIKE ? ESCAPE '!'`, []any{contains(f.Search)})
	}
	if f.Disabled != nil {
		q.and(`p.disabled = ?`, []any{*f.Disabled})
	}
	out := List[Person]{Items: []Person{}}
	err := v.s.db.Read(ctx, func(tx *controldb.Tx) error {
		var rows []personRecord
		next, err := runQuery(tx, q, &rows, func(r personRecord) (string, string) {
			if q.field == "name" {
				return r.Name, r.ID
			}
			return r.Login, r.ID
		})
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		grants, err := grantsOf(tx, ids...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			out.Items = append(out.Items, v.show(r.person(grants[r.ID], v.s.now())))
		}
		out.Next = next
		return nil
	})
	return out, err
}

// Person is one of People, or the caller himself.
func (v *View) Person(ctx context.Context, id string) (p Person, err error) {
	err = v.s.db.Read(ctx, func(tx *controldb.Tx) error {
		_, p, err = v.person(tx, id)
		return err
	})
	return v.show(p), err
}

// person reads somebody whom the caller may see, with all grants: for the
// caller's own eyes they go through show.
func (v *View) person(tx *controldb.Tx, id string) (personRecord, Person, error) {
	var r personRecord
	if err := tx.Get(&r, selectPeople+`WHERE p.id = ?`, id); err != nil {
		return r, Person{}, err
	}
	grants, err := grantsOf(tx, id)
	if err != nil {
		return r, Person{}, err
	}
	if !v.maySee(grants[id]) && !v.self(id) {
		return r, Person{}, ErrNotFound
	}
	return r, r.person(grants[id], v.s.now()), nil
}

func (v *View) self(id string) bool { return v.p.Kind == authz.Person && v.p.ID == id }

// show takes away what the caller may not see.
func (v *View) show(p Person) Person {
	if v.self(p.ID) {
		p.Grants = append([]authz.Grant{}, p.Grants...)
		return p
	}
	p.Grants, p.Elsewhere = v.visible(p.Grants)
	return p
}
