-- What the registry knows of devices, mirrored for joins. Of several rows of a
-- device the one with the greatest version counts: read with FINAL, or by the
-- dictionary device_info, which Migrate makes.
CREATE TABLE IF NOT EXISTS devices
(
    region               LowCardinality(String),
    project              LowCardinality(String),
    class                LowCardinality(String),
    device               String,
    state                LowCardinality(String),
    name                 String,
    building             LowCardinality(String),
    location             String,
    medium               LowCardinality(String),
    model                LowCardinality(String),
    vendor               LowCardinality(String),
    serial               String,
    externals            Map(String, String),
    installed_on         Nullable(Date32),
    commissioned_on      Nullable(Date32),
    verification_due_on  Nullable(Date32),
    retired_on           Nullable(Date32),
    expected_life_years  Float64,
    replacement_cost_cny Float64,
    failure_cost_cny     Float64,
    multiplier           Float64,
    parent_meter         String,
    fed_by               Array(String),
    gateway              String,
    replaced_by          String,
    replaces             String,
    version              Int64,
    updated_at           DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (region, project, class, device);

CREATE TABLE IF NOT EXISTS projects
(
    region        LowCardinality(String),
    project       String,
    name          String,
    time_zone     LowCardinality(String),
    calendar      LowCardinality(String),
    tariff        LowCardinality(String),
    floor_area_m2 Float64,
    households    Int64,
    occupied_on   Nullable(Date32),
    address       String,
    retired       Bool,
    version       Int64,
    updated_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (region, project);

-- Ends of the audit log, noted where whoever can change the log cannot reach.
CREATE TABLE IF NOT EXISTS audit_anchors
(
    at   DateTime64(3, 'UTC'),
    seq  Int64,
    hash String
)
ENGINE = MergeTree
ORDER BY (seq, at);

-- Files that were imported, and how far: the row with the most chunks counts.
CREATE TABLE IF NOT EXISTS imports
(
    target   LowCardinality(String),
    hash     String,
    name     String,
    started  DateTime64(3, 'UTC'),
    updated  DateTime64(3, 'UTC'),
    chunks   UInt64,
    rows     UInt64,
    stored   UInt64,
    bad      UInt64,
    finished Bool
)
ENGINE = ReplacingMergeTree(chunks)
ORDER BY (target, hash);

-- Letters are looked up by id too, though they are kept by time.
ALTER TABLE dead_letters ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter GRANULARITY 4;
