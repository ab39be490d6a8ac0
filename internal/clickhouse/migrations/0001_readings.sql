-- Every number that a device measured, once.
--
-- The class is part of the partition so that a part can be dropped whole when
-- its class is past its retention, and never has to be rewritten.
--
-- Codecs, in bytes a reading of simulated meters: ts costs next to nothing,
-- since devices are regular. The five metrics of a message have the same times
-- of receipt, which lie one series apart; blocks of 4 MiB let ZSTD see them
-- together (0.3 instead of 0.9). Meters report decimals, which as binary
-- fractions have no common bits: Gorilla and FPC make them larger than Delta
-- (4.6 and 4.4 against 1.9).
CREATE TABLE IF NOT EXISTS readings
(
    ts       DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    received DateTime64(3, 'UTC') CODEC(Delta, T64, ZSTD(1)) SETTINGS (min_compress_block_size = 4194304, max_compress_block_size = 4194304),
    region   LowCardinality(String) CODEC(ZSTD(1)),
    project  LowCardinality(String) CODEC(ZSTD(1)),
    class    LowCardinality(String) CODEC(ZSTD(1)),
    device   LowCardinality(String) CODEC(ZSTD(1)),
    metric   LowCardinality(String) CODEC(ZSTD(1)),
    value    Float64 CODEC(Delta, ZSTD(3)) SETTINGS (min_compress_block_size = 262144)
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, metric, ts)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;
