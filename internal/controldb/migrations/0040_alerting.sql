-- +goose Up

-- What people say of alerting. from and end are words of SQL: they stand in
-- quotes everywhere.
CREATE TABLE alert_rules (
    path       TEXT      NOT NULL PRIMARY KEY, -- the name
    name       TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    text       TEXT      NOT NULL, -- YAML
    mode       TEXT      NOT NULL, -- empty for that of the text
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE TABLE silences (
    path        TEXT      NOT NULL PRIMARY KEY,
    id          TEXT      NOT NULL,
    region      TEXT      NOT NULL, -- empty for all
    project     TEXT      NOT NULL, -- empty for all of the region
    building    TEXT      NOT NULL,
    class       TEXT      NOT NULL,
    device      TEXT      NOT NULL,
    rule        TEXT      NOT NULL,
    "from"      TIMESTAMP NOT NULL,
    until       TIMESTAMP NOT NULL,
    days        TEXT      NOT NULL, -- JSON
    start       TEXT      NOT NULL, -- HH:MM
    "end"       TEXT      NOT NULL, -- HH:MM
    time_zone   TEXT      NOT NULL,
    life_safety BOOLEAN   NOT NULL,
    reason      TEXT      NOT NULL,
    version     BIGINT    NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    retired     BOOLEAN   NOT NULL,
    search      TEXT      NOT NULL,
    revision    BIGINT    NOT NULL
);

CREATE INDEX silences_by_end ON silences (until);

CREATE TABLE oncall_overrides (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL,
    schedule   TEXT      NOT NULL,
    contact    TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    "from"     TIMESTAMP NOT NULL,
    until      TIMESTAMP NOT NULL,
    note       TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE INDEX oncall_overrides_by_end ON oncall_overrides (until);

CREATE TABLE responders (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL,
    name       TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    card       TEXT      NOT NULL, -- the keyed hash
    note       TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE INDEX responders_by_card ON responders (card);
