-- +goose Up

-- What people are called for. The columns are what is asked for and sorted by;
-- the incident itself is the JSON in doc.
CREATE TABLE incidents (
    id          TEXT      NOT NULL PRIMARY KEY,
    fingerprint TEXT      NOT NULL,
    rule        TEXT      NOT NULL, -- empty for one that people entered
    kind        TEXT      NOT NULL,
    severity    TEXT      NOT NULL,
    gravity     BIGINT    NOT NULL, -- of the severity: 3 for life safety, 0 for information
    region      TEXT      NOT NULL,
    project     TEXT      NOT NULL,
    building    TEXT      NOT NULL,
    class       TEXT      NOT NULL,
    device      TEXT      NOT NULL,
    state       TEXT      NOT NULL,
    open        BOOLEAN   NOT NULL,
    shadow      BOOLEAN   NOT NULL,
    breached    BOOLEAN   NOT NULL, -- the limit of one of its clocks has passed
    parent      TEXT      NOT NULL,
    grp         TEXT      NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP,
    due_at      TIMESTAMP, -- when something is to happen to it by itself; of open ones
    entries     BIGINT    NOT NULL, -- of its timeline
    head        TEXT      NOT NULL, -- hash of the newest of them
    seq         BIGINT    NOT NULL, -- number of the newest of them
    version     BIGINT    NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    doc         TEXT      NOT NULL
);

CREATE UNIQUE INDEX incidents_open ON incidents (fingerprint) WHERE open;

CREATE INDEX incidents_by_fingerprint ON incidents (fingerprint, started_at, id);

CREATE INDEX incidents_due ON incidents (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX incidents_open_by_gravity ON incidents (gravity, started_at, id) WHERE open;

CREATE INDEX incidents_by_start ON incidents (started_at, id);

CREATE INDEX incidents_by_region ON incidents (region, started_at, id);

CREATE INDEX incidents_by_project ON incidents (region, project, started_at, id);

CREATE INDEX incidents_by_device ON incidents (region, project, class, device, started_at, id);

CREATE INDEX incidents_by_parent ON incidents (parent) WHERE parent <> '';

CREATE INDEX incidents_by_end ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;

-- The timelines: append-only, each entry sealed with the hash of the one before
-- it in the same incident. seq goes over all of them without gaps, in the order
-- in which they become visible.
CREATE TABLE incident_entries (
    seq         BIGINT    NOT NULL PRIMARY KEY,
    incident    TEXT      NOT NULL,
    n           BIGINT    NOT NULL,
    kind        TEXT      NOT NULL,
    at          TIMESTAMP NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state       TEXT      NOT NULL,
    actor_kind  TEXT      NOT NULL,
    actor_id    TEXT      NOT NULL,
    actor_name  TEXT      NOT NULL,
    remote      TEXT      NOT NULL,
    note        TEXT      NOT NULL,
    data        TEXT      NOT NULL, -- JSON, or empty
    hash        TEXT      NOT NULL,
    region      TEXT      NOT NULL,
    project     TEXT      NOT NULL,
    UNIQUE (incident, n)
);

CREATE INDEX incident_entries_by_place ON incident_entries (region, project, seq);

-- The number of the newest entry of all.
CREATE TABLE incident_head (seq BIGINT NOT NULL);

INSERT INTO incident_head (seq) VALUES (0);

-- What is left of incidents that were removed because of their age, so that
-- their absence is accounted for.
CREATE TABLE incident_pruned (
    incident  TEXT      NOT NULL PRIMARY KEY,
    region    TEXT      NOT NULL,
    project   TEXT      NOT NULL,
    entries   BIGINT    NOT NULL,
    head      TEXT      NOT NULL,
    pruned_at TIMESTAMP NOT NULL
);

-- The outbox: what is to be told to whom. The notice itself is the JSON in doc.
CREATE TABLE incident_notices (
    id         TEXT      NOT NULL PRIMARY KEY, -- the key by which it is known for ever
    incident   TEXT      NOT NULL,
    region     TEXT      NOT NULL,
    project    TEXT      NOT NULL,
    urgent     BOOLEAN   NOT NULL, -- about life safety
    state      TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    ready_at   TIMESTAMP NOT NULL, -- when it may be taken, and while it is taken the end of the lease
    doc        TEXT      NOT NULL
);

CREATE INDEX incident_notices_ready ON incident_notices (urgent, ready_at, id) WHERE state = 'waiting';

CREATE INDEX incident_notices_by_incident ON incident_notices (incident, created_at, id);

-- Each try to deliver one.
CREATE TABLE incident_attempts (
    notice   TEXT             NOT NULL,
    n        BIGINT           NOT NULL,
    incident TEXT             NOT NULL,
    region   TEXT             NOT NULL,
    project  TEXT             NOT NULL,
    at       TIMESTAMP        NOT NULL,
    channel  TEXT             NOT NULL,
    ok       BOOLEAN          NOT NULL,
    error    TEXT             NOT NULL,
    took     DOUBLE PRECISION NOT NULL, -- seconds
    PRIMARY KEY (notice, n)
);

CREATE INDEX incident_attempts_by_incident ON incident_attempts (incident, at);

-- How far a stream of messages was taken, and where in it time passed.
CREATE TABLE incident_positions (
    spool      TEXT      NOT NULL PRIMARY KEY,
    position   BIGINT    NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE incident_ticks (
    spool    TEXT      NOT NULL,
    position BIGINT    NOT NULL,
    at       TIMESTAMP NOT NULL,
    PRIMARY KEY (spool, position, at)
);

-- How far others have read the timelines.
CREATE TABLE incident_followers (
    name TEXT   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);
