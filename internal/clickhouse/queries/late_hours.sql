-- Hours of counters of which other readings are stored than were counted.
-- Parameters: region, project: where; metrics: which, besides all that end with _total;
--   since: Unix milliseconds: only hours of which something was received since;
--   from, to: Unix milliseconds, whole hours; limit, rows.
-- Returns hour in Unix milliseconds.
WITH touched AS
(
    SELECT class, device, metric, h.bucket AS hour
    FROM readings_1h AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND (metric IN {metrics:Array(String)} OR endsWith(metric, '_total'))
        AND h.received >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
)
SELECT class, device, metric, toUnixTimestamp(hour) * 1000 AS hour_ms
FROM
(
    SELECT class, device, metric, h.bucket AS hour, sum(h.count) AS stored, 0 AS counted
    FROM readings_1h AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND (class, device, metric, h.bucket) IN touched
    GROUP BY class, device, metric, hour
    UNION ALL
    SELECT class, device, metric, c.ts AS hour, 0 AS stored, readings AS counted
    FROM consumption_1h AS c FINAL
    WHERE region = {region:String} AND project = {project:String}
        AND c.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND (class, device, metric, c.ts) IN touched
)
GROUP BY class, device, metric, hour
HAVING sum(stored) != sum(counted)
ORDER BY class, device, metric, hour
LIMIT {limit:UInt64}
