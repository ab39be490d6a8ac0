-- The last text by time of each device and metric.
-- Parameters: since, Unix milliseconds: texts before are left out.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device, metric,
    toUnixTimestamp64Milli(max(s.ts)) AS ts,
    toUnixTimestamp64Milli(argMax(s.received, s.ts)) AS received,
    argMax(s.value, s.ts) AS value
FROM states AS s
WHERE s.ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
GROUP BY region, project, class, device, metric
