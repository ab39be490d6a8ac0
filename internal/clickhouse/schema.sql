CREATE TABLE analytics_documents
(
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `job` LowCardinality(String) CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `body` String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(computed_at)
ORDER BY (job, run_id, kind, region, project, subject)
SETTINGS index_granularity = 8192;

CREATE TABLE analytics_numbers
(
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `job` LowCardinality(String) CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `unit` LowCardinality(String) CODEC(ZSTD(1)),
    `value` Nullable(Float64) CODEC(ZSTD(1)),
    `low` Nullable(Float64) CODEC(ZSTD(1)),
    `high` Nullable(Float64) CODEC(ZSTD(1)),
    `level` Float64 CODEC(ZSTD(1)),
    `n` Float64 CODEC(ZSTD(1)),
    `exposure` Float64 CODEC(ZSTD(1)),
    `coverage` Nullable(Float64) CODEC(ZSTD(1)),
    `why` String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(computed_at)
ORDER BY (job, run_id, kind, region, project, building, subject)
SETTINGS index_granularity = 8192;

CREATE TABLE analytics_runs
(
    `run_id` String,
    `job` LowCardinality(String),
    `period_from` DateTime64(3, 'UTC'),
    `period_to` DateTime64(3, 'UTC'),
    `params` Map(String, String),
    `regular` Bool,
    `computed_at` DateTime64(3, 'UTC'),
    `finished_at` DateTime64(3, 'UTC'),
    `coverage` Nullable(Float64),
    `version` String
)
ENGINE = ReplacingMergeTree
ORDER BY (job, run_id)
SETTINGS index_granularity = 8192;

CREATE TABLE audit_anchors
(
    `at` DateTime64(3, 'UTC'),
    `seq` Int64,
    `hash` String
)
ENGINE = MergeTree
ORDER BY (seq, at)
SETTINGS index_granularity = 8192;

CREATE TABLE complaints
(
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `updated` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String) CODEC(ZSTD(1)),
    `withdrawn` Bool,
    `type` LowCardinality(String) CODEC(ZSTD(1)),
    `created` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `answered` Nullable(DateTime64(3, 'UTC')),
    `closed` Nullable(DateTime64(3, 'UTC')),
    `satisfied` Nullable(UInt8),
    `note` String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;

CREATE TABLE consumption_1d
(
    `day` Date CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `point` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `medium` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `value` Float64 CODEC(ZSTD(3)),
    `length` Float32 CODEC(ZSTD(1)),
    `hours` Float32 CODEC(ZSTD(1)),
    `interpolated` Float32 CODEC(ZSTD(1)),
    `suspect` Float32 CODEC(ZSTD(1)),
    `peak` Float64 CODEC(ZSTD(3)),
    `readings` UInt32 CODEC(T64, ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYear(day)
ORDER BY (region, project, class, device, metric, day)
SETTINGS index_granularity = 8192;

CREATE TABLE consumption_1h
(
    `ts` DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `point` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `medium` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `value` Float64 CODEC(ZSTD(3)),
    `covered` Float32 CODEC(ZSTD(1)),
    `quality` LowCardinality(String) CODEC(ZSTD(1)),
    `readings` UInt32 CODEC(T64, ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (region, project, class, device, metric, ts)
SETTINGS index_granularity = 8192;

CREATE TABLE coverage_1h
(
    `ts` DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `expected` Float32 CODEC(ZSTD(1)),
    `received` UInt32 CODEC(T64, ZSTD(1)),
    `rejected` UInt32 CODEC(T64, ZSTD(1)),
    `late` UInt32 CODEC(T64, ZSTD(1)),
    `cadence` Float32 CODEC(ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(ts)
ORDER BY (region, project, class, device, ts)
SETTINGS index_granularity = 8192;

CREATE TABLE dead_letter_replays
(
    `id` String CODEC(ZSTD(1)),
    `at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `outcome` LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

CREATE TABLE dead_letters
(
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `topic` String CODEC(ZSTD(1)),
    `payload` String CODEC(ZSTD(3)),
    `codec` LowCardinality(String) CODEC(ZSTD(1)),
    `reason` LowCardinality(String) CODEC(ZSTD(1)),
    `error` String CODEC(ZSTD(3)),
    INDEX by_id id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received)
ORDER BY (received, id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

CREATE DICTIONARY device_info
(
    `region` String,
    `project` String,
    `class` String,
    `device` String,
    `state` String,
    `name` String,
    `building` String,
    `location` String,
    `medium` String,
    `model` String,
    `vendor` String,
    `serial` String,
    `installed_on` Nullable(Date32),
    `commissioned_on` Nullable(Date32),
    `verification_due_on` Nullable(Date32),
    `expected_life_years` Float64,
    `replacement_cost_cny` Float64,
    `failure_cost_cny` Float64,
    `multiplier` Float64,
    `parent_meter` String,
    `fed_by` Array(String)
)
PRIMARY KEY region, project, class, device
SOURCE(CLICKHOUSE(NAME steward_dictionaries DB 'steward' QUERY 'SELECT region, project, class, device, state, name, building, location, medium, model, vendor, serial, installed_on, commissioned_on, verification_due_on, expected_life_years, replacement_cost_cny, failure_cost_cny, multiplier, parent_meter, fed_by FROM devices FINAL'))
LIFETIME(MIN 1 MAX 10)
LAYOUT(COMPLEX_KEY_HASHED())
COMMENT 'definition 7fc49518453d3628';

CREATE TABLE devices
(
    `region` LowCardinality(String),
    `project` LowCardinality(String),
    `class` LowCardinality(String),
    `device` String,
    `state` LowCardinality(String),
    `name` String,
    `building` LowCardinality(String),
    `location` String,
    `medium` LowCardinality(String),
    `model` LowCardinality(String),
    `vendor` LowCardinality(String),
    `serial` String,
    `externals` Map(String, String),
    `installed_on` Nullable(Date32),
    `commissioned_on` Nullable(Date32),
    `verification_due_on` Nullable(Date32),
    `retired_on` Nullable(Date32),
    `expected_life_years` Float64,
    `replacement_cost_cny` Float64,
    `failure_cost_cny` Float64,
    `multiplier` Float64,
    `parent_meter` String,
    `fed_by` Array(String),
    `gateway` String,
    `replaced_by` String,
    `replaces` String,
    `version` Int64,
    `updated_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (region, project, class, device)
SETTINGS index_granularity = 8192;

CREATE TABLE events
(
    `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `severity` LowCardinality(String) CODEC(ZSTD(1)),
    `attrs` String CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, ts, kind, id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

CREATE TABLE fees
(
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `updated` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String) CODEC(ZSTD(1)),
    `withdrawn` Bool,
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `month` Date CODEC(ZSTD(1)),
    `due` Float64 CODEC(ZSTD(1)),
    `paid` Float64 CODEC(ZSTD(1)),
    `paid_on` Nullable(Date)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;

CREATE TABLE imports
(
    `target` LowCardinality(String),
    `hash` String,
    `name` String,
    `started` DateTime64(3, 'UTC'),
    `updated` DateTime64(3, 'UTC'),
    `chunks` UInt64,
    `rows` UInt64,
    `stored` UInt64,
    `bad` UInt64,
    `finished` Bool
)
ENGINE = ReplacingMergeTree(chunks)
ORDER BY (target, hash)
SETTINGS index_granularity = 8192;

CREATE TABLE incident_events
(
    `seq` Int64 CODEC(Delta(8), ZSTD(1)),
    `incident` String CODEC(ZSTD(1)),
    `n` UInt32 CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `rule` LowCardinality(String) CODEC(ZSTD(1)),
    `incident_kind` LowCardinality(String) CODEC(ZSTD(1)),
    `severity` LowCardinality(String) CODEC(ZSTD(1)),
    `state` LowCardinality(String) CODEC(ZSTD(1)),
    `actor_kind` LowCardinality(String) CODEC(ZSTD(1)),
    `actor_id` String CODEC(ZSTD(1)),
    `note` String CODEC(ZSTD(3)),
    `data` String CODEC(ZSTD(3)),
    `hash` String CODEC(ZSTD(1)),
    `shadow` Bool
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received)
ORDER BY (region, project, incident, n, hash)
SETTINGS index_granularity = 8192;

CREATE TABLE inspections
(
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `updated` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String) CODEC(ZSTD(1)),
    `withdrawn` Bool,
    `level` LowCardinality(String) CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `planned` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `done` Nullable(DateTime64(3, 'UTC')),
    `score` Nullable(Float64),
    `inspector_key` String CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `note` String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;

CREATE TABLE meter_breaks
(
    `ts` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `kind` LowCardinality(String) CODEC(ZSTD(1)),
    `before` Float64 CODEC(ZSTD(1)),
    `after` Float64 CODEC(ZSTD(1)),
    `counted` Float64 CODEC(ZSTD(1)),
    `run_id` LowCardinality(String) CODEC(ZSTD(1)),
    `computed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYear(ts)
ORDER BY (region, project, class, device, metric, ts, kind)
SETTINGS index_granularity = 8192;

CREATE TABLE meter_corrections
(
    `id` String,
    `region` LowCardinality(String),
    `project` LowCardinality(String),
    `class` LowCardinality(String),
    `device` String,
    `metric` LowCardinality(String),
    `at` DateTime64(3, 'UTC'),
    `until` DateTime64(3, 'UTC'),
    `kind` LowCardinality(String),
    `old` Nullable(Float64),
    `new` Nullable(Float64),
    `note` String,
    `made_by` String,
    `made_at` DateTime64(3, 'UTC'),
    `withdrawn` Bool
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (region, project, class, device, id)
SETTINGS index_granularity = 8192;

CREATE TABLE projects
(
    `region` LowCardinality(String),
    `project` String,
    `name` String,
    `time_zone` LowCardinality(String),
    `calendar` LowCardinality(String),
    `tariff` LowCardinality(String),
    `floor_area_m2` Float64,
    `households` Int64,
    `occupied_on` Nullable(Date32),
    `address` String,
    `retired` Bool,
    `version` Int64,
    `updated_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (region, project)
SETTINGS index_granularity = 8192;

CREATE TABLE readings
(
    `ts` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), T64, ZSTD(1)) SETTINGS (min_compress_block_size = 4194304, max_compress_block_size = 4194304),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `value` Float64 CODEC(Delta(8), ZSTD(3)) SETTINGS (min_compress_block_size = 262144)
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, metric, ts)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

CREATE TABLE readings_1d
(
    `bucket` DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `min` SimpleAggregateFunction(min, Float64) CODEC(Delta(8), ZSTD(3)),
    `max` SimpleAggregateFunction(max, Float64) CODEC(Delta(8), ZSTD(3)),
    `first` SimpleAggregateFunction(min, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `last` SimpleAggregateFunction(max, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `count` SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    `sum` SimpleAggregateFunction(sum, Float64) CODEC(Delta(8), ZSTD(3)),
    `received` SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(bucket)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144, index_granularity = 8192;

CREATE MATERIALIZED VIEW readings_1d_mv TO readings_1d
(
    `bucket` DateTime('UTC'),
    `region` LowCardinality(String),
    `project` LowCardinality(String),
    `class` LowCardinality(String),
    `device` LowCardinality(String),
    `metric` LowCardinality(String),
    `min` SimpleAggregateFunction(min, Float64),
    `max` SimpleAggregateFunction(max, Float64),
    `first` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `last` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `count` UInt64,
    `sum` Float64,
    `received` SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
AS SELECT
    toDateTime(toStartOfDay(fine.bucket), 'UTC') AS bucket,
    region,
    project,
    class,
    device,
    metric,
    min(fine.min) AS min,
    max(fine.max) AS max,
    (min(fine.first.ts), argMin(fine.first.value, fine.first.ts)) AS first,
    (max(fine.last.ts), argMax(fine.last.value, fine.last.ts)) AS last,
    sum(fine.count) AS count,
    sum(fine.sum) AS sum,
    max(fine.received) AS received
FROM readings_1h AS fine
GROUP BY
    bucket,
    region,
    project,
    class,
    device,
    metric;

CREATE TABLE readings_1h
(
    `bucket` DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `min` SimpleAggregateFunction(min, Float64) CODEC(Delta(8), ZSTD(3)),
    `max` SimpleAggregateFunction(max, Float64) CODEC(Delta(8), ZSTD(3)),
    `first` SimpleAggregateFunction(min, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `last` SimpleAggregateFunction(max, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `count` SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    `sum` SimpleAggregateFunction(sum, Float64) CODEC(Delta(8), ZSTD(3)),
    `received` SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144, index_granularity = 8192;

CREATE MATERIALIZED VIEW readings_1h_mv TO readings_1h
(
    `bucket` DateTime('UTC'),
    `region` LowCardinality(String),
    `project` LowCardinality(String),
    `class` LowCardinality(String),
    `device` LowCardinality(String),
    `metric` LowCardinality(String),
    `min` SimpleAggregateFunction(min, Float64),
    `max` SimpleAggregateFunction(max, Float64),
    `first` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `last` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `count` UInt64,
    `sum` Float64,
    `received` SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
AS SELECT
    toStartOfHour(fine.bucket) AS bucket,
    region,
    project,
    class,
    device,
    metric,
    min(fine.min) AS min,
    max(fine.max) AS max,
    (min(fine.first.ts), argMin(fine.first.value, fine.first.ts)) AS first,
    (max(fine.last.ts), argMax(fine.last.value, fine.last.ts)) AS last,
    sum(fine.count) AS count,
    sum(fine.sum) AS sum,
    max(fine.received) AS received
FROM readings_5m AS fine
GROUP BY
    bucket,
    region,
    project,
    class,
    device,
    metric;

CREATE TABLE readings_5m
(
    `bucket` DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `min` SimpleAggregateFunction(min, Float64) CODEC(Delta(8), ZSTD(3)),
    `max` SimpleAggregateFunction(max, Float64) CODEC(Delta(8), ZSTD(3)),
    `first` SimpleAggregateFunction(min, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `last` SimpleAggregateFunction(max, Tuple(
        ts DateTime64(3, 'UTC'),
        value Float64)) CODEC(Delta(8), ZSTD(3)),
    `count` SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    `sum` SimpleAggregateFunction(sum, Float64) CODEC(Delta(8), ZSTD(3)),
    `received` SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY (toYYYYMM(bucket), class)
ORDER BY (project, class, device, metric, bucket, region)
SETTINGS non_replicated_deduplication_window = 10000, min_compress_block_size = 262144, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

CREATE MATERIALIZED VIEW readings_5m_mv TO readings_5m
(
    `bucket` DateTime('UTC'),
    `region` LowCardinality(String),
    `project` LowCardinality(String),
    `class` LowCardinality(String),
    `device` LowCardinality(String),
    `metric` LowCardinality(String),
    `min` Float64,
    `max` Float64,
    `first` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `last` Tuple(
        DateTime64(3, 'UTC'),
        Float64),
    `count` UInt64,
    `sum` Float64,
    `received` DateTime64(3, 'UTC')
)
AS SELECT
    toDateTime(toStartOfFiveMinutes(ts), 'UTC') AS bucket,
    region,
    project,
    class,
    device,
    metric,
    min(value) AS min,
    max(value) AS max,
    (min(ts), argMin(value, ts)) AS first,
    (max(ts), argMax(value, ts)) AS last,
    count() AS count,
    sum(value) AS sum,
    max(received) AS received
FROM readings
GROUP BY
    bucket,
    region,
    project,
    class,
    device,
    metric;

CREATE TABLE repair_orders
(
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `id` String CODEC(ZSTD(1)),
    `updated` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String) CODEC(ZSTD(1)),
    `withdrawn` Bool,
    `type` LowCardinality(String) CODEC(ZSTD(1)),
    `priority` LowCardinality(String) CODEC(ZSTD(1)),
    `device_class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `building` LowCardinality(String) CODEC(ZSTD(1)),
    `contractor` LowCardinality(String) CODEC(ZSTD(1)),
    `created` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `dispatched` Nullable(DateTime64(3, 'UTC')),
    `arrived` Nullable(DateTime64(3, 'UTC')),
    `done` Nullable(DateTime64(3, 'UTC')),
    `cost` Nullable(Float64),
    `fault_code` LowCardinality(String) CODEC(ZSTD(1)),
    `note` String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (region, project, id)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192;

CREATE TABLE schema_migrations
(
    `version` UInt32,
    `name` String,
    `checksum` String,
    `applied_at` DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY version
SETTINGS index_granularity = 8192;

CREATE TABLE states
(
    `ts` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    `received` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `project` LowCardinality(String) CODEC(ZSTD(1)),
    `class` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `metric` LowCardinality(String) CODEC(ZSTD(1)),
    `value` String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY (toYYYYMM(ts), class)
ORDER BY (project, class, device, metric, ts)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, index_granularity = 8192;

