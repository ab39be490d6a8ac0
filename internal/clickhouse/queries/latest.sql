-- The last value by time of each device and metric.
-- Parameters: since, Unix milliseconds: values before are left out.
-- Returns ts and received in Unix milliseconds; received is the newest receipt of the day of the value.
SELECT
    region, project, class, device, metric,
    toUnixTimestamp64Milli(max(day.last).ts) AS ts,
    toUnixTimestamp64Milli(argMax(day.received, day.last.ts)) AS received,
    max(day.last).value AS value
FROM readings_1d AS day
WHERE bucket >= toStartOfDay(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
GROUP BY region, project, class, device, metric
HAVING ts >= {since:Int64}
