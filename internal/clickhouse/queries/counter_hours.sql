-- What counters showed in each hour, by device and metric and then by time.
-- Parameters: region, project: where;
--   metrics: which, besides all that end with _total;
--   devices, series: only these devices, and of them only class/device/metric of these; [] for any;
--   from, to: Unix milliseconds, whole hours.
-- Returns hour, first_ts and last_ts in Unix milliseconds. The rows of an hour that are not merged yet follow one
-- another: to put them together there costs a tenth of what grouping does here.
SELECT
    class, device, metric, toUnixTimestamp(h.bucket) * 1000 AS hour,
    toUnixTimestamp64Milli(h.first.ts) AS first_ts, h.first.value AS first_value,
    toUnixTimestamp64Milli(h.last.ts) AS last_ts, h.last.value AS last_value,
    h.min AS lowest, h.max AS highest, h.count AS readings
FROM readings_1h AS h
WHERE project = {project:String} AND region = {region:String}
    AND h.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (metric IN {metrics:Array(String)} OR endsWith(metric, '_total'))
    AND (empty({devices:Array(String)}) OR device IN {devices:Array(String)})
    AND (empty({series:Array(String)}) OR concat(class, '/', device, '/', metric) IN {series:Array(String)})
ORDER BY project, class, device, metric, h.bucket
