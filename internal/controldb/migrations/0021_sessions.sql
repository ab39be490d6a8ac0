-- +goose Up

-- A browser that somebody signed in. Secrets are kept as SHA-256. A secret that
-- is being changed is valid until its successor has been used.
CREATE TABLE sessions (
    id             TEXT      NOT NULL PRIMARY KEY,
    person         TEXT      NOT NULL REFERENCES people (id),
    via            TEXT      NOT NULL, -- password or oidc
    secret         TEXT      NOT NULL UNIQUE,
    next_secret    TEXT      NOT NULL, -- empty unless it is being changed
    salt           TEXT      NOT NULL, -- makes the next secret out of the present one
    previous       TEXT      NOT NULL, -- the secret before
    previous_until TIMESTAMP,          -- until when that one is good
    rotated_at     TIMESTAMP NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    seen_at        TIMESTAMP NOT NULL,
    expires_at     TIMESTAMP NOT NULL,
    remote         TEXT      NOT NULL,
    user_agent     TEXT      NOT NULL
);

CREATE INDEX sessions_by_person ON sessions (person, seen_at);

CREATE INDEX sessions_by_next_secret ON sessions (next_secret);

CREATE INDEX sessions_by_previous ON sessions (previous);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
