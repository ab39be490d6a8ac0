-- Every text that a device reported, such as a mode.
CREATE TABLE IF NOT EXISTS states
(
    ts       DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    region   LowCardinality(String) CODEC(ZSTD(1)),
    project  LowCardinality(String) CODEC(ZSTD(1)),
    class    LowCardinality(String) CODEC(ZSTD(1)),
    device   LowCardinality(String) CODEC(ZSTD(1)),
    metric   LowCardinality(String) CODEC(ZSTD(1)),
    value    String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, metric, ts)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;
