-- How many messages of each device and hour came more than ten minutes after the hour was over.
-- Parameters: region, project: where; from, to: Unix milliseconds, whole hours.
-- Returns hour in Unix milliseconds. Readings are looked at only in hours of which the rollup says that there are some.
WITH flagged AS
(
    SELECT class, device, toUnixTimestamp(h.bucket) AS hour
    FROM readings_1h AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND h.received > h.bucket + INTERVAL 70 MINUTE
)
SELECT class, device, toUInt64(begin) * 1000 AS hour_ms, max(late) AS messages
FROM
(
    SELECT class, device, metric, toUnixTimestamp(toStartOfHour(r.ts)) AS begin, countIf(r.received > toStartOfHour(r.ts) + INTERVAL 70 MINUTE) AS late
    FROM readings AS r
    WHERE project = {project:String} AND region = {region:String}
        AND r.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND r.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND device IN (SELECT device FROM flagged)
        AND (class, device, toUnixTimestamp(toStartOfHour(r.ts))) IN flagged
    GROUP BY class, device, metric, begin
)
GROUP BY class, device, begin
HAVING messages > 0
