-- +goose Up

-- What analyses found wasted. A place has one finding of a kind about a subject: one
-- that comes back is the one that was there, with its history.
CREATE TABLE findings (
    id            TEXT      NOT NULL PRIMARY KEY,
    region        TEXT      NOT NULL,
    project       TEXT      NOT NULL,
    kind          TEXT      NOT NULL,
    subject       TEXT      NOT NULL,
    building      TEXT      NOT NULL,
    medium        TEXT      NOT NULL,
    state         TEXT      NOT NULL,
    yuan          DOUBLE PRECISION,          -- a year if it goes on; when it is known
    weight        DOUBLE PRECISION NOT NULL, -- yuan, or -1: what lists are ordered by
    since         BIGINT    NOT NULL,        -- Unix milliseconds: waste may have begun at any time
    body          TEXT      NOT NULL,        -- a JSON object: as it was seen, without evidence
    evidence      TEXT      NOT NULL,        -- JSON; empty for none
    run           TEXT      NOT NULL,        -- that saw it last
    opened_at     TIMESTAMP NOT NULL,
    seen_at       TIMESTAMP NOT NULL,
    fixed_at      TIMESTAMP,                 -- while it is fixed or verified
    checked       TEXT      NOT NULL,        -- a JSON object: the last look after a fix; empty for none
    saved         DOUBLE PRECISION,          -- yuan a year by that look; while it is verified
    dismissed     TEXT      NOT NULL,        -- a JSON object: what it came to a year when it was dismissed; empty for none
    version       BIGINT    NOT NULL,
    changes       BIGINT    NOT NULL         -- how many there were
);

CREATE UNIQUE INDEX findings_identity ON findings (region, project, kind, subject);

CREATE INDEX findings_by_weight ON findings (weight, id);

CREATE INDEX findings_by_since ON findings (since, id);

-- The steps in the life of a finding, with who took them.
CREATE TABLE finding_changes (
    finding    TEXT      NOT NULL,
    n          BIGINT    NOT NULL, -- 1 for the first
    at         TIMESTAMP NOT NULL,
    state      TEXT      NOT NULL, -- after it
    actor_kind TEXT      NOT NULL,
    actor_id   TEXT      NOT NULL,
    actor_name TEXT      NOT NULL,
    note       TEXT      NOT NULL,
    PRIMARY KEY (finding, n)
);
