-- What happened to incidents: every line of their timelines once more, for
-- questions over many of them, and where whoever can change a timeline cannot
-- reach. An entry that is written again is one; read with FINAL. One that was
-- changed meanwhile has another hash and stands beside the first. Kept for good.
CREATE TABLE IF NOT EXISTS incident_events
(
    seq           Int64 CODEC(Delta, ZSTD(1)),
    incident      String CODEC(ZSTD(1)),
    n             UInt32 CODEC(ZSTD(1)),
    kind          LowCardinality(String) CODEC(ZSTD(1)),
    at            DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    region        LowCardinality(String) CODEC(ZSTD(1)),
    project       LowCardinality(String) CODEC(ZSTD(1)),
    building      LowCardinality(String) CODEC(ZSTD(1)),
    class         LowCardinality(String) CODEC(ZSTD(1)),
    device        LowCardinality(String) CODEC(ZSTD(1)),
    rule          LowCardinality(String) CODEC(ZSTD(1)),
    incident_kind LowCardinality(String) CODEC(ZSTD(1)),
    severity      LowCardinality(String) CODEC(ZSTD(1)),
    state         LowCardinality(String) CODEC(ZSTD(1)),
    actor_kind    LowCardinality(String) CODEC(ZSTD(1)),
    actor_id      String CODEC(ZSTD(1)),
    note          String CODEC(ZSTD(3)),
    data          String CODEC(ZSTD(3)),
    hash          String CODEC(ZSTD(1)),
    shadow        Bool
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received)
ORDER BY (region, project, incident, n, hash);
