-- +goose Up

-- Secrets of the installation that every replica needs, such as the one that
-- signs what a browser carries during a sign-in.
CREATE TABLE identity_keys (
    name   TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL -- base64
);

CREATE TABLE people (
    id             TEXT      NOT NULL PRIMARY KEY,
    login          TEXT      NOT NULL UNIQUE, -- lower case
    name           TEXT      NOT NULL,
    email          TEXT      NOT NULL, -- lower case; empty when there is none
    search         TEXT      NOT NULL, -- login, name and email in lower case
    password       TEXT      NOT NULL, -- an argon2id PHC string; empty when there is none
    must_change    BOOLEAN   NOT NULL,
    disabled       BOOLEAN   NOT NULL,
    oidc_subject   TEXT      NOT NULL, -- issuer and subject, once signed in that way
    oidc_managed   BOOLEAN   NOT NULL, -- made by the provider, which keeps the grants
    last_sign_in   TIMESTAMP,
    version        BIGINT    NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL
);

CREATE UNIQUE INDEX people_by_email ON people (email) WHERE email <> '';

CREATE UNIQUE INDEX people_by_oidc_subject ON people (oidc_subject) WHERE oidc_subject <> '';

CREATE INDEX people_by_name ON people (name, id);

-- A role at a place, of a person or a token. Headquarters have neither region
-- nor project.
CREATE TABLE grants (
    holder  TEXT NOT NULL,
    role    TEXT NOT NULL,
    region  TEXT NOT NULL,
    project TEXT NOT NULL,
    PRIMARY KEY (holder, region, project, role)
);

CREATE INDEX grants_by_place ON grants (region, project, holder);

-- Failed sign-ins in a row: of a person, or of a name that nobody has (as a
-- keyed hash, since people type passwords into the wrong field).
CREATE TABLE lockouts (
    account      TEXT      NOT NULL PRIMARY KEY,
    failures     BIGINT    NOT NULL,
    last_at      TIMESTAMP NOT NULL,
    locked_until TIMESTAMP
);

CREATE INDEX lockouts_by_age ON lockouts (last_at);
