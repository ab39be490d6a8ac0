CREATE TABLE analytics_pins (
    run        TEXT      NOT NULL,
    name       TEXT      NOT NULL,
    actor_kind TEXT      NOT NULL,
    actor_id   TEXT      NOT NULL,
    actor_name TEXT      NOT NULL,
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (run, name)
);

CREATE TABLE analytics_runs (
    id          TEXT      NOT NULL PRIMARY KEY,
    job         TEXT      NOT NULL,
    period_from BIGINT    NOT NULL, -- Unix milliseconds: a period may be of any time
    period_to   BIGINT    NOT NULL,
    params      TEXT      NOT NULL, -- a JSON object
    fingerprint TEXT      NOT NULL, -- of job, period and params
    regular     BOOLEAN   NOT NULL, -- over the job's own period, without params
    slot        TEXT      NOT NULL, -- which turn of the schedule it is; empty for those on demand
    attempt     BIGINT    NOT NULL, -- 1 for the first
    successor   TEXT      NOT NULL, -- the run that tries again; empty without one
    foreground  BOOLEAN   NOT NULL, -- somebody waits for it, who would ask again
    state       TEXT      NOT NULL,
    active      BOOLEAN   NOT NULL, -- queued or running
    owner       TEXT      NOT NULL, -- the process that has it in hand
    lease_until TIMESTAMP,          -- when it is taken away from that process; while running
    cancelled   BOOLEAN   NOT NULL, -- somebody wants it to end
    queued_at   TIMESTAMP NOT NULL,
    ready_at    TIMESTAMP NOT NULL, -- when it may begin
    started_at  TIMESTAMP,
    finished_at TIMESTAMP,
    done        BIGINT    NOT NULL,
    total       BIGINT    NOT NULL, -- 0 while unknown
    what        TEXT      NOT NULL,
    actor_kind  TEXT      NOT NULL,
    actor_id    TEXT      NOT NULL,
    actor_name  TEXT      NOT NULL,
    error       TEXT      NOT NULL,
    version     TEXT      NOT NULL, -- of the program that ran it
    coverage    DOUBLE PRECISION,
    numbers     BIGINT    NOT NULL,
    documents   BIGINT    NOT NULL,
    noted       BOOLEAN   NOT NULL, -- ClickHouse has been told that it ended well
    swept       BOOLEAN   NOT NULL  -- its results are removed, or are just being removed
);

CREATE UNIQUE INDEX analytics_runs_active ON analytics_runs (fingerprint) WHERE active;

CREATE INDEX analytics_runs_by_queue ON analytics_runs (queued_at, id);

CREATE UNIQUE INDEX analytics_runs_by_slot ON analytics_runs (slot, attempt) WHERE slot <> '';

CREATE INDEX analytics_runs_ended ON analytics_runs (job, finished_at, id) WHERE finished_at IS NOT NULL;

CREATE INDEX analytics_runs_good ON analytics_runs (job, regular, period_to, finished_at) WHERE state = 'done';

CREATE UNIQUE INDEX analytics_runs_running ON analytics_runs (job) WHERE state = 'running';

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

CREATE INDEX findings_by_since ON findings (since, id);

CREATE INDEX findings_by_weight ON findings (weight, id);

CREATE UNIQUE INDEX findings_identity ON findings (region, project, kind, subject);

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

CREATE INDEX rectification_notices_by_time ON rectification_notices (issued_at, id);

CREATE INDEX rectification_notices_due ON rectification_notices (due_at, id) WHERE live;

CREATE UNIQUE INDEX rectification_notices_live ON rectification_notices (region, project, kind) WHERE live AND kind <> 'manual';

CREATE UNIQUE INDEX rectification_notices_month ON rectification_notices (region, project, kind, month) WHERE kind <> 'manual';

CREATE INDEX rectification_notices_unsettled ON rectification_notices (due_at, id) WHERE NOT live AND told <> '' AND NOT settled;

