-- Messages that could not be accepted, as they came, with the reason.
CREATE TABLE IF NOT EXISTS dead_letters
(
    received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    id       String CODEC(ZSTD(1)),
    topic    String CODEC(ZSTD(1)),
    payload  String CODEC(ZSTD(3)),
    codec    LowCardinality(String) CODEC(ZSTD(1)),
    reason   LowCardinality(String) CODEC(ZSTD(1)),
    error    String CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received)
ORDER BY (received, id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;

-- What became of those that were fed in again, by id.
CREATE TABLE IF NOT EXISTS dead_letter_replays
(
    id      String CODEC(ZSTD(1)),
    at      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;
