-- Buckets of readings in the order of the key of their table, those that begin in the period.
-- Parameters: table: readings_5m, readings_1h or readings_1d;
--   scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   devices, metrics: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to;
--   after_project, after_class, after_device, after_metric, after_ts, after_region: the key to begin with; limit, rows.
-- Returns start, first_ts and last_ts in Unix milliseconds.
SELECT
    region, project, class, device, metric,
    toInt64(toUnixTimestamp(b.bucket)) * 1000 AS start,
    toUnixTimestamp64Milli(min(b.first).ts) AS first_ts, min(b.first).value AS first_value,
    toUnixTimestamp64Milli(max(b.last).ts) AS last_ts, max(b.last).value AS last_value,
    min(b.min) AS least, max(b.max) AS most, sum(b.sum) / sum(b.count) AS mean, sum(b.count) AS readings
FROM {table:Identifier} AS b
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
        OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({class:String} = '' OR class = {class:String})
    AND ({device:String} = '' OR device = {device:String})
    AND (empty({devices:Array(Tuple(String, String, String, String))})
        OR (region, project, class, device) IN {devices:Array(Tuple(String, String, String, String))})
    AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
    AND b.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND b.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (project > {after_project:String} OR project = {after_project:String}
        AND (class > {after_class:String} OR class = {after_class:String}
        AND (device > {after_device:String} OR device = {after_device:String}
        AND (metric > {after_metric:String} OR metric = {after_metric:String}
        AND (b.bucket > toDateTime(intDiv({after_ts:Int64}, 1000), 'UTC') OR b.bucket = toDateTime(intDiv({after_ts:Int64}, 1000), 'UTC')
        AND region >= {after_region:String})))))
GROUP BY project, class, device, metric, b.bucket, region
ORDER BY project, class, device, metric, b.bucket, region
LIMIT {limit:UInt64}
