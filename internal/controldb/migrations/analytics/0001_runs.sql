-- +goose Up

-- Runs of analyses: what was asked for, who has it in hand, and what became of it.
-- What they found out is in ClickHouse, under their ids.
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

-- A turn comes once, whoever finds that it has come.
CREATE UNIQUE INDEX analytics_runs_by_slot ON analytics_runs (slot, attempt) WHERE slot <> '';

-- Of two who ask for the same, the second is given the first one's run.
CREATE UNIQUE INDEX analytics_runs_active ON analytics_runs (fingerprint) WHERE active;

-- A job runs once at a time, over all processes.
CREATE UNIQUE INDEX analytics_runs_running ON analytics_runs (job) WHERE state = 'running';

CREATE INDEX analytics_runs_good ON analytics_runs (job, regular, period_to, finished_at) WHERE state = 'done';

CREATE INDEX analytics_runs_ended ON analytics_runs (job, finished_at, id) WHERE finished_at IS NOT NULL;

CREATE INDEX analytics_runs_by_queue ON analytics_runs (queued_at, id);

-- Runs that are kept for as long as something names them, such as a report.
CREATE TABLE analytics_pins (
    run        TEXT      NOT NULL,
    name       TEXT      NOT NULL,
    actor_kind TEXT      NOT NULL,
    actor_id   TEXT      NOT NULL,
    actor_name TEXT      NOT NULL,
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (run, name)
);
