-- What counters counted, by hour (UTC) and by day of the project's own calendar.
--
-- An hour that is computed again is written again: of several rows the one with
-- the greatest computed_at counts, so read with FINAL (each partition by itself:
-- do_not_merge_across_partitions_select_final = 1). quality says what a value is
-- worth: measured, interpolated (a gap was divided by time), suspect (some of the
-- hour is not accounted for) or missing (nothing is known, value is 0: an hour
-- that was known once may become so). covered is the part of the hour that value
-- accounts for, 0 to 1; readings is how many there were.
--
-- point is the metering point: the first device that stood there. A meter and
-- those that replaced it have one point.
CREATE TABLE IF NOT EXISTS consumption_1h
(
    ts          DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    region      LowCardinality(String) CODEC(ZSTD(1)),
    project     LowCardinality(String) CODEC(ZSTD(1)),
    building    LowCardinality(String) CODEC(ZSTD(1)),
    device      LowCardinality(String) CODEC(ZSTD(1)),
    point       LowCardinality(String) CODEC(ZSTD(1)),
    class       LowCardinality(String) CODEC(ZSTD(1)),
    medium      LowCardinality(String) CODEC(ZSTD(1)),
    metric      LowCardinality(String) CODEC(ZSTD(1)),
    value       Float64 CODEC(ZSTD(3)),
    covered     Float32 CODEC(ZSTD(1)),
    quality     LowCardinality(String) CODEC(ZSTD(1)),
    readings    UInt32 CODEC(T64, ZSTD(1)),
    run_id      LowCardinality(String) CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (region, project, class, device, metric, ts);

-- day is of the project's time zone, and has length hours: 23 or 25 where the
-- clocks change. hours is how many of them value accounts for; interpolated and
-- suspect are how many of those came so about; peak is the highest measured hour.
CREATE TABLE IF NOT EXISTS consumption_1d
(
    day          Date CODEC(DoubleDelta, ZSTD(1)),
    region       LowCardinality(String) CODEC(ZSTD(1)),
    project      LowCardinality(String) CODEC(ZSTD(1)),
    building     LowCardinality(String) CODEC(ZSTD(1)),
    device       LowCardinality(String) CODEC(ZSTD(1)),
    point        LowCardinality(String) CODEC(ZSTD(1)),
    class        LowCardinality(String) CODEC(ZSTD(1)),
    medium       LowCardinality(String) CODEC(ZSTD(1)),
    metric       LowCardinality(String) CODEC(ZSTD(1)),
    value        Float64 CODEC(ZSTD(3)),
    length       Float32 CODEC(ZSTD(1)),
    hours        Float32 CODEC(ZSTD(1)),
    interpolated Float32 CODEC(ZSTD(1)),
    suspect      Float32 CODEC(ZSTD(1)),
    peak         Float64 CODEC(ZSTD(3)),
    readings     UInt32 CODEC(T64, ZSTD(1)),
    run_id       LowCardinality(String) CODEC(ZSTD(1)),
    computed_at  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYear(day)
ORDER BY (region, project, class, device, metric, day);

-- Where counters broke off. A break is part of the run that computed its hour: it
-- stands as long as the hour's row in consumption_1h has the same run_id.
CREATE TABLE IF NOT EXISTS meter_breaks
(
    ts          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    region      LowCardinality(String) CODEC(ZSTD(1)),
    project     LowCardinality(String) CODEC(ZSTD(1)),
    class       LowCardinality(String) CODEC(ZSTD(1)),
    device      LowCardinality(String) CODEC(ZSTD(1)),
    metric      LowCardinality(String) CODEC(ZSTD(1)),
    kind        LowCardinality(String) CODEC(ZSTD(1)),
    before      Float64 CODEC(ZSTD(1)),
    after       Float64 CODEC(ZSTD(1)),
    counted     Float64 CODEC(ZSTD(1)),
    run_id      LowCardinality(String) CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYear(ts)
ORDER BY (region, project, class, device, metric, ts, kind);

-- What people know better than the readings, which stay as they came. metric is ''
-- for all counters of the device. kind:
--   replaced, reset  at a time; old and new are what the counter showed, if known
--   rollover         at a time; new is the value that reads as zero
--   accept           a rise that looks impossible is real
--   ignore           readings from at to until, both included, do not count
--   multiplier       from at on; new is what one unit of the register is worth
-- A correction is withdrawn by the same id with withdrawn set; the newest counts.
CREATE TABLE IF NOT EXISTS meter_corrections
(
    id         String,
    region     LowCardinality(String),
    project    LowCardinality(String),
    class      LowCardinality(String),
    device     String,
    metric     LowCardinality(String),
    at         DateTime64(3, 'UTC'),
    until      DateTime64(3, 'UTC'),
    kind       LowCardinality(String),
    old        Nullable(Float64),
    new        Nullable(Float64),
    note       String,
    made_by    String,
    made_at    DateTime64(3, 'UTC'),
    withdrawn  Bool
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (region, project, class, device, id);

-- How completely devices reported, by hour (UTC); read with FINAL like
-- consumption_1h. received counts messages: readings of the metric that came most
-- often. expected is what the device's own cadence, in seconds, makes of an hour
-- of its service; both are 0 where the device keeps no cadence. rejected are
-- messages that were received in the hour and quarantined; late are those of the
-- hour that came more than ten minutes after it was over.
CREATE TABLE IF NOT EXISTS coverage_1h
(
    ts          DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    region      LowCardinality(String) CODEC(ZSTD(1)),
    project     LowCardinality(String) CODEC(ZSTD(1)),
    class       LowCardinality(String) CODEC(ZSTD(1)),
    device      LowCardinality(String) CODEC(ZSTD(1)),
    expected    Float32 CODEC(ZSTD(1)),
    received    UInt32 CODEC(T64, ZSTD(1)),
    rejected    UInt32 CODEC(T64, ZSTD(1)),
    late        UInt32 CODEC(T64, ZSTD(1)),
    cadence     Float32 CODEC(ZSTD(1)),
    run_id      LowCardinality(String) CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (region, project, class, device, ts);
