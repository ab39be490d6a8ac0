-- +goose Up

-- Rectification notices: what a project has to put right, by when, and what became
-- of it.
CREATE TABLE rectification_notices (
    id          TEXT      NOT NULL PRIMARY KEY,
    region      TEXT      NOT NULL,
    project     TEXT      NOT NULL,
    kind        TEXT      NOT NULL, -- the component of the scorecard, or manual
    month       TEXT      NOT NULL, -- of the scorecard; empty for a manual one
    finding_zh  TEXT      NOT NULL,
    finding_en  TEXT      NOT NULL,
    required_zh TEXT      NOT NULL,
    required_en TEXT      NOT NULL,
    evidence    TEXT      NOT NULL, -- JSON; empty without any
    state       TEXT      NOT NULL,
    live        BOOLEAN   NOT NULL, -- neither closed nor withdrawn
    owner       TEXT      NOT NULL,
    issued_at   TIMESTAMP NOT NULL,
    due_on      TEXT      NOT NULL, -- a day of the project's calendar
    due_at      TIMESTAMP NOT NULL, -- when that day is over
    hq_at       TIMESTAMP NOT NULL, -- when headquarters are told
    told        TEXT      NOT NULL, -- the highest level that was told that it is overdue
    settled     BOOLEAN   NOT NULL, -- who was told was told also that it is over
    closed_at   TIMESTAMP,
    version     BIGINT    NOT NULL
);

-- One for a project and component while one is live.
CREATE UNIQUE INDEX rectification_notices_live ON rectification_notices (region, project, kind) WHERE live AND kind <> 'manual';

-- A month is found fault with once, however often it is computed.
CREATE UNIQUE INDEX rectification_notices_month ON rectification_notices (region, project, kind, month) WHERE kind <> 'manual';

CREATE INDEX rectification_notices_by_time ON rectification_notices (issued_at, id);

CREATE INDEX rectification_notices_due ON rectification_notices (due_at, id) WHERE live;

CREATE INDEX rectification_notices_unsettled ON rectification_notices (due_at, id) WHERE NOT live AND told <> '' AND NOT settled;

CREATE TABLE rectification_changes (
    notice     TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    at         TIMESTAMP NOT NULL,
    state      TEXT      NOT NULL,
    actor_kind TEXT      NOT NULL,
    actor_id   TEXT      NOT NULL,
    actor_name TEXT      NOT NULL,
    note       TEXT      NOT NULL,
    evidence   TEXT      NOT NULL, -- a JSON list of texts
    PRIMARY KEY (notice, version)
);
