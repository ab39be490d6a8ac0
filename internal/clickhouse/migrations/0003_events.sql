-- What happened at devices. attrs is a JSON object.
CREATE TABLE IF NOT EXISTS events
(
    ts       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    region   LowCardinality(String) CODEC(ZSTD(1)),
    project  LowCardinality(String) CODEC(ZSTD(1)),
    class    LowCardinality(String) CODEC(ZSTD(1)),
    device   LowCardinality(String) CODEC(ZSTD(1)),
    kind     LowCardinality(String) CODEC(ZSTD(1)),
    id       String CODEC(ZSTD(1)),
    severity LowCardinality(String) CODEC(ZSTD(1)),
    attrs    String CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, ts, kind, id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;
