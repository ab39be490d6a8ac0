-- Readings in the order of the table's key.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   devices, metrics: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to;
--   after_project, after_class, after_device, after_metric, after_ts, after_region: the key to begin with; limit, rows.
-- Returns ts and received in Unix milliseconds. The spelled out comparison is what lets the key be used for it.
SELECT
    region, project, class, device, metric,
    toUnixTimestamp64Milli(r.ts) AS ts,
    toUnixTimestamp64Milli(r.received) AS received,
    value
FROM readings AS r
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
    AND r.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND r.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (project > {after_project:String} OR project = {after_project:String}
        AND (class > {after_class:String} OR class = {after_class:String}
        AND (device > {after_device:String} OR device = {after_device:String}
        AND (metric > {after_metric:String} OR metric = {after_metric:String}
        AND (r.ts > fromUnixTimestamp64Milli({after_ts:Int64}, 'UTC') OR r.ts = fromUnixTimestamp64Milli({after_ts:Int64}, 'UTC')
        AND region >= {after_region:String})))))
ORDER BY project, class, device, metric, r.ts, region, r.received, value
LIMIT {limit:UInt64}
