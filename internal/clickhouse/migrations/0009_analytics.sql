-- What analyses found out, by run. A run that failed or was cancelled leaves rows
-- behind until they are removed: those of analytics_runs are the good ones, and
-- nothing else is a result. A number that is written again is one; read with FINAL.
CREATE TABLE IF NOT EXISTS analytics_numbers
(
    run_id      LowCardinality(String) CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    job         LowCardinality(String) CODEC(ZSTD(1)),
    kind        LowCardinality(String) CODEC(ZSTD(1)),
    region      LowCardinality(String) CODEC(ZSTD(1)),
    project     LowCardinality(String) CODEC(ZSTD(1)),
    building    LowCardinality(String) CODEC(ZSTD(1)),
    subject     String CODEC(ZSTD(1)),
    unit        LowCardinality(String) CODEC(ZSTD(1)),
    value       Nullable(Float64) CODEC(ZSTD(1)), -- NULL: too little data, and why says what is missing
    low         Nullable(Float64) CODEC(ZSTD(1)),
    high        Nullable(Float64) CODEC(ZSTD(1)),
    level       Float64 CODEC(ZSTD(1)), -- of the interval from low to high; 0 without one
    n           Float64 CODEC(ZSTD(1)),
    exposure    Float64 CODEC(ZSTD(1)),
    coverage    Nullable(Float64) CODEC(ZSTD(1)), -- NULL: does not apply
    why         String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(computed_at)
ORDER BY (job, run_id, kind, region, project, building, subject);

-- What is not a single number: curves, plans, lists, as JSON.
CREATE TABLE IF NOT EXISTS analytics_documents
(
    run_id      LowCardinality(String) CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    job         LowCardinality(String) CODEC(ZSTD(1)),
    kind        LowCardinality(String) CODEC(ZSTD(1)),
    region      LowCardinality(String) CODEC(ZSTD(1)),
    project     LowCardinality(String) CODEC(ZSTD(1)),
    subject     String CODEC(ZSTD(1)),
    body        String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(computed_at)
ORDER BY (job, run_id, kind, region, project, subject);

-- The runs that ended well, for those who ask ClickHouse itself. One that is
-- written again is one; read with FINAL.
CREATE TABLE IF NOT EXISTS analytics_runs
(
    run_id      String,
    job         LowCardinality(String),
    period_from DateTime64(3, 'UTC'),
    period_to   DateTime64(3, 'UTC'),
    params      Map(String, String),
    regular     Bool, -- over the job's own period: what counts as the latest result
    computed_at DateTime64(3, 'UTC'),
    finished_at DateTime64(3, 'UTC'),
    coverage    Nullable(Float64),
    version     String -- of the program
)
ENGINE = ReplacingMergeTree
ORDER BY (job, run_id);
