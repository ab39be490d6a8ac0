-- Readings in buckets of five minutes, an hour and a day (UTC).
--
-- A bucket may be spread over several rows until parts are merged: always
-- aggregate. min(min), max(max), sum(count), sum(sum), min(first).2 is the
-- first value by time and max(last).2 the last; max(received) is the newest
-- receipt. All of these give the same whatever the order in which readings
-- came, so that late ones count as if they had been on time. (Of two values
-- with the very same ts one is first or last, no matter which.)
--
-- first and last are pairs rather than states of argMin and argMax: they are
-- read without -Merge, and cost a third less to insert. Each view takes from
-- the one before it what was just inserted, which is cheaper than three times
-- from the readings. The names of dimensions that are not in the order of
-- readings come last in the key, since what is not in the key is not kept
-- apart.
--
-- Days and hours are few and stay, so that years can be compared; the five
-- minutes go with the readings.
CREATE TABLE IF NOT EXISTS readings_5m
(
    bucket   DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    region   LowCardinality(String) CODEC(ZSTD(1)),
    project  LowCardinality(String) CODEC(ZSTD(1)),
    class    LowCardinality(String) CODEC(ZSTD(1)),
    device   LowCardinality(String) CODEC(ZSTD(1)),
    metric   LowCardinality(String) CODEC(ZSTD(1)),
    min      SimpleAggregateFunction(min, Float64) CODEC(Delta, ZSTD(3)),
    max      SimpleAggregateFunction(max, Float64) CODEC(Delta, ZSTD(3)),
    first    SimpleAggregateFunction(min, Tuple(ts DateTime64(3, 'UTC'), value Float64)) CODEC(Delta, ZSTD(3)),
    last     SimpleAggregateFunction(max, Tuple(ts DateTime64(3, 'UTC'), value Float64)) CODEC(Delta, ZSTD(3)),
    count    SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    sum      SimpleAggregateFunction(sum, Float64) CODEC(Delta, ZSTD(3)),
    received SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY (toYYYYMM(bucket), class)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;

CREATE TABLE IF NOT EXISTS readings_1h AS readings_5m
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144;

CREATE TABLE IF NOT EXISTS readings_1d AS readings_5m
ENGINE = AggregatingMergeTree
PARTITION BY toYear(bucket)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144;

CREATE MATERIALIZED VIEW IF NOT EXISTS readings_5m_mv TO readings_5m AS
SELECT
    toDateTime(toStartOfFiveMinutes(ts), 'UTC') AS bucket, region, project, class, device, metric,
    min(value) AS min, max(value) AS max,
    (min(ts), argMin(value, ts)) AS first, (max(ts), argMax(value, ts)) AS last,
    count() AS count, sum(value) AS sum, max(received) AS received
FROM readings
GROUP BY bucket, region, project, class, device, metric;

CREATE MATERIALIZED VIEW IF NOT EXISTS readings_1h_mv TO readings_1h AS
SELECT
    toStartOfHour(fine.bucket) AS bucket, region, project, class, device, metric,
    min(fine.min) AS min, max(fine.max) AS max,
    (min(fine.first.ts), argMin(fine.first.value, fine.first.ts)) AS first,
    (max(fine.last.ts), argMax(fine.last.value, fine.last.ts)) AS last,
    sum(fine.count) AS count, sum(fine.sum) AS sum, max(fine.received) AS received
FROM readings_5m AS fine
GROUP BY bucket, region, project, class, device, metric;

CREATE MATERIALIZED VIEW IF NOT EXISTS readings_1d_mv TO readings_1d AS
SELECT
    toDateTime(toStartOfDay(fine.bucket), 'UTC') AS bucket, region, project, class, device, metric,
    min(fine.min) AS min, max(fine.max) AS max,
    (min(fine.first.ts), argMin(fine.first.value, fine.first.ts)) AS first,
    (max(fine.last.ts), argMax(fine.last.value, fine.last.ts)) AS last,
    sum(fine.count) AS count, sum(fine.sum) AS sum, max(fine.received) AS received
FROM readings_1h AS fine
GROUP BY bucket, region, project, class, device, metric;
