-- What counters counted on each day of their project's calendar, by the table's key.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any; metrics: only these, [] for any;
--   from, to: Unix milliseconds of the days' midnights in UTC, from <= day < to;
--   after_region, after_project, after_class, after_device, after_metric, after_ts: the key to begin with; limit, rows.
-- Returns at, the day's midnight in UTC in Unix milliseconds, and the hours of the day that are known, interpolated and
-- suspect. Of a day that was counted again the newest row counts.
SELECT
    region, project, class, device, metric, medium, toInt64(toUInt16(c.day)) * 86400000 AS at,
    value, toFloat64(c.length) AS length, toFloat64(c.hours) AS hours, toFloat64(c.interpolated) AS interpolated,
    toFloat64(c.suspect) AS suspect, c.peak AS peak, toUInt64(c.readings) AS readings
FROM consumption_1d AS c FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
        OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({class:String} = '' OR class = {class:String})
    AND ({device:String} = '' OR device = {device:String})
    AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
    AND c.day >= toDate(intDiv({from:Int64}, 86400000)) AND c.day < toDate(intDiv({to:Int64}, 86400000))
    AND (region, project, class, device, metric, toInt64(toUInt16(c.day)) * 86400000)
        >= ({after_region:String}, {after_project:String}, {after_class:String}, {after_device:String}, {after_metric:String}, {after_ts:Int64})
ORDER BY region, project, class, device, metric, c.day
LIMIT {limit:UInt64}
SETTINGS do_not_merge_across_partitions_select_final = 1
