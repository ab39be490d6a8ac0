-- What projects do beside their devices: inspections, complaints, fees and repair
-- orders, as other systems and people tell of them. A record is told as a whole:
-- of those with one id the one with the greatest updated counts, so read with
-- FINAL and without those that are withdrawn. A withdrawn record may have nothing
-- but its id; times are then 1970.
--
-- There are no partitions, since a record whose time is corrected must still
-- replace the one before: a project has thousands a year. They are kept for good.

-- level: whose inspection it is, of the project itself (project), by its region
-- (region) or by headquarters (hq); the ids of the latter begin with region- and
-- hq-. done is NULL while it is not done, score is 0 to 100. inspector_key is a
-- keyed hash of whoever inspected, '' when unknown.
CREATE TABLE IF NOT EXISTS inspections
(
    region        LowCardinality(String) CODEC(ZSTD(1)),
    project       LowCardinality(String) CODEC(ZSTD(1)),
    id            String CODEC(ZSTD(1)),
    updated       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source        LowCardinality(String) CODEC(ZSTD(1)), -- api, mqtt or csv
    withdrawn     Bool,
    level         LowCardinality(String) CODEC(ZSTD(1)),
    kind          LowCardinality(String) CODEC(ZSTD(1)),
    planned       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    done          Nullable(DateTime64(3, 'UTC')),
    score         Nullable(Float64),
    inspector_key String CODEC(ZSTD(1)),
    building      LowCardinality(String) CODEC(ZSTD(1)),
    note          String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000;

-- satisfied is 1 to 5, as whoever complained said afterwards.
CREATE TABLE IF NOT EXISTS complaints
(
    region    LowCardinality(String) CODEC(ZSTD(1)),
    project   LowCardinality(String) CODEC(ZSTD(1)),
    id        String CODEC(ZSTD(1)),
    updated   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source    LowCardinality(String) CODEC(ZSTD(1)),
    withdrawn Bool,
    type      LowCardinality(String) CODEC(ZSTD(1)),
    created   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    answered  Nullable(DateTime64(3, 'UTC')),
    closed    Nullable(DateTime64(3, 'UTC')),
    satisfied Nullable(UInt8),
    note      String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000;

-- A record is an account, or a sum of accounts, in a month, whose first day month
-- is. Amounts are CNY.
CREATE TABLE IF NOT EXISTS fees
(
    region    LowCardinality(String) CODEC(ZSTD(1)),
    project   LowCardinality(String) CODEC(ZSTD(1)),
    id        String CODEC(ZSTD(1)),
    updated   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source    LowCardinality(String) CODEC(ZSTD(1)),
    withdrawn Bool,
    kind      LowCardinality(String) CODEC(ZSTD(1)),
    month     Date CODEC(ZSTD(1)),
    due       Float64 CODEC(ZSTD(1)),
    paid      Float64 CODEC(ZSTD(1)),
    paid_on   Nullable(Date)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000;

-- cost is CNY.
CREATE TABLE IF NOT EXISTS repair_orders
(
    region       LowCardinality(String) CODEC(ZSTD(1)),
    project      LowCardinality(String) CODEC(ZSTD(1)),
    id           String CODEC(ZSTD(1)),
    updated      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source       LowCardinality(String) CODEC(ZSTD(1)),
    withdrawn    Bool,
    type         LowCardinality(String) CODEC(ZSTD(1)),
    priority     LowCardinality(String) CODEC(ZSTD(1)), -- urgent or normal
    device_class LowCardinality(String) CODEC(ZSTD(1)),
    device       LowCardinality(String) CODEC(ZSTD(1)),
    building     LowCardinality(String) CODEC(ZSTD(1)),
    contractor   LowCardinality(String) CODEC(ZSTD(1)),
    created      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    dispatched   Nullable(DateTime64(3, 'UTC')),
    arrived      Nullable(DateTime64(3, 'UTC')),
    done         Nullable(DateTime64(3, 'UTC')),
    cost         Nullable(Float64),
    fault_code   LowCardinality(String) CODEC(ZSTD(1)),
    note         String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000;
