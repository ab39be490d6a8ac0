-- The last cadence of each device that was found before a time.
-- Parameters: region, project: where; from, to: Unix milliseconds.
SELECT class, device, toFloat64(argMax(c.cadence, c.ts)) AS seconds
FROM coverage_1h AS c FINAL
WHERE region = {region:String} AND project = {project:String}
    AND c.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY class, device
