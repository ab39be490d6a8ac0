-- What counters counted in each hour, by the table's key.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any; metrics: only these, [] for any;
--   from, to: Unix milliseconds, from <= hour < to;
--   after_region, after_project, after_class, after_device, after_metric, after_ts: the key to begin with; limit, rows.
-- Returns at in Unix milliseconds. Of an hour that was counted again the newest row counts.
SELECT
    region, project, class, device, metric, medium, toInt64(toUnixTimestamp(c.ts)) * 1000 AS at,
    value, toFloat64(c.covered) AS covered, quality, toUInt64(c.readings) AS readings
FROM consumption_1h AS c FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
        OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({class:String} = '' OR class = {class:String})
    AND ({device:String} = '' OR device = {device:String})
    AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
    AND c.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (region, project, class, device, metric, toInt64(toUnixTimestamp(c.ts)) * 1000)
        >= ({after_region:String}, {after_project:String}, {after_class:String}, {after_device:String}, {after_metric:String}, {after_ts:Int64})
ORDER BY region, project, class, device, metric, c.ts
LIMIT {limit:UInt64}
SETTINGS do_not_merge_across_partitions_select_final = 1
