-- +goose Up

-- A machine's right to use the API. Its secret is kept as SHA-256.
CREATE TABLE tokens (
    id           TEXT      NOT NULL PRIMARY KEY,
    name         TEXT      NOT NULL,
    search       TEXT      NOT NULL, -- the name in lower case
    prefix       TEXT      NOT NULL, -- how the secret begins
    secret       TEXT      NOT NULL UNIQUE,
    created_by   TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    revoked_at   TIMESTAMP
);

CREATE INDEX tokens_by_name ON tokens (name, id);
