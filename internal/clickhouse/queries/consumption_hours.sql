-- What was used in each hour, each once, by counter and then by time. Hours of which nothing is known are left out.
-- Parameters: region, project: where; metrics: only these, [] for any; from, to: Unix milliseconds, whole hours.
-- Returns hour in Unix milliseconds.
SELECT
    class, device, metric, building, point, medium, toUnixTimestamp(c.ts) * 1000 AS hour,
    value, toFloat64(c.covered) AS covered, quality
FROM consumption_1h AS c FINAL
WHERE region = {region:String} AND project = {project:String}
    AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
    AND c.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND quality != 'missing'
ORDER BY region, project, class, device, metric, c.ts
