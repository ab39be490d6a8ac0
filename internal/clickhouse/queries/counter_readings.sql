-- All readings of some hours of some counters, by device and metric and then by time.
-- Parameters: region, project: where;
--   devices: of these; hours: class/device/metric/Unix seconds of an hour, only these;
--   from, to: Unix milliseconds around them; limit: readings of an hour.
-- Returns ts in Unix milliseconds.
SELECT class, device, metric, toUnixTimestamp64Milli(r.ts) AS ts, value
FROM readings AS r
WHERE project = {project:String} AND region = {region:String}
    AND device IN {devices:Array(String)}
    AND r.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND r.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND concat(class, '/', device, '/', metric, '/', toString(intDiv(toUnixTimestamp64Milli(r.ts), 3600000) * 3600)) IN {hours:Array(String)}
ORDER BY project, class, device, metric, r.ts
LIMIT {limit:UInt64} BY class, device, metric, intDiv(toUnixTimestamp64Milli(r.ts), 3600000)
