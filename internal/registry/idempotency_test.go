package registry_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/registry"
)

func TestAnswers(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
		answers := registry.NewAnswers(db, func() time.Time { return now })
		key := registry.AnswerKey{Principal: "person:p1", Request: "k1", Digest: "d1"}
		begin := func(k registry.AnswerKey) (*registry.Answer, error) {
			t.Helper()
			return answers.Begin(t.Context(), k, time.Minute)
		}
		if given, err := begin(key); given != nil || err != nil {
			t.Fatalf("a new key: %v, %v", given, err)
		}
		if _, err := begin(key); !errors.Is(err, registry.ErrStillRunning) {
			t.Errorf("the same at once: %v", err)
		}
		other := key
		other.Digest = "d2"
		if _, err := begin(other); !errors.Is(err, registry.ErrOtherRequest) {
			t.Errorf("another request: %v", err)
		}
		elsewhere := key
		elsewhere.Principal = "machine:p1"
		if given, err := begin(elsewhere); given != nil || err != nil {
			t.Errorf("somebody else's: %v, %v", given, err)
		}

		kept := registry.Answer{Status: 201, Header: map[string]string{"ETag": `"1"`}, Body: []byte(`{"名":"字"}`)}
		if err := answers.Finish(t.Context(), key, kept); err != nil {
			t.Fatal(err)
		}
		now = now.Add(23 * time.Hour)
		given, err := begin(key)
		if err != nil || given == nil || given.Status != 201 || given.Header["ETag"] != `"1"` || string(given.Body) != string(kept.Body) || given.Gone {
			t.Errorf("given again: %+v, %v", given, err)
		}
		if _, err := begin(other); !errors.Is(err, registry.ErrOtherRequest) {
			t.Errorf("another request after the first: %v", err)
		}
		now = now.Add(time.Hour)
		if given, err := begin(key); given != nil || err != nil {
			t.Errorf("after a day: %v, %v", given, err)
		}
	})
}

func TestAnswerThatIsNotKept(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		answers := registry.NewAnswers(db, nil)
		key := registry.AnswerKey{Principal: "person:p1", Request: "k1", Digest: "d1"}
		if _, err := answers.Begin(t.Context(), key, time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := answers.Finish(t.Context(), key, registry.Answer{Status: 201, Body: []byte("a secret"), Gone: true}); err != nil {
			t.Fatal(err)
		}
		given, err := answers.Begin(t.Context(), key, time.Minute)
		if err != nil || given == nil || !given.Gone || len(given.Body) > 0 {
			t.Errorf("%+v, %v", given, err)
		}
		if err := answers.Abandon(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if given, _ := answers.Begin(t.Context(), key, time.Minute); given == nil {
			t.Error("what was done was given back")
		}
	})
}

// A crash leaves a claim behind, which must not block the key for ever.
func TestClaimEnds(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
		answers := registry.NewAnswers(db, func() time.Time { return now })
		key := registry.AnswerKey{Principal: "person:p1", Request: "k1", Digest: "d1"}
		for range 2 {
			if given, err := answers.Begin(t.Context(), key, time.Minute); given != nil || err != nil {
				t.Fatalf("%v, %v", given, err)
			}
			now = now.Add(time.Minute)
		}
		if err := answers.Abandon(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if given, err := answers.Begin(t.Context(), key, time.Minute); given != nil || err != nil {
			t.Errorf("given back: %v, %v", given, err)
		}
	})
}

func TestKeysOfOneCallerAreBounded(t *testing.T) {
	db := controldbtest.SQLite(t)
	answers := registry.NewAnswers(db, nil)
	err := db.Write(t.Context(), func(tx *controldb.Tx) error {
		for i := range 10_000 {
			if _, err := tx.Exec(`INSERT INTO answers (principal, request, digest, state, status, header, body, expires_at) VALUES (?, ?, '', 'gone', 200, '', '', ?)`,
				"person:p1", fmt.Sprint(i), time.Now().Add(time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answers.Begin(t.Context(), registry.AnswerKey{Principal: "person:p1", Request: "new", Digest: "d"}, time.Minute); !errors.Is(err, registry.ErrTooManyAnswers) {
		t.Errorf("one more: %v", err)
	}
	if _, err := answers.Begin(t.Context(), registry.AnswerKey{Principal: "person:p2", Request: "new", Digest: "d"}, time.Minute); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}
