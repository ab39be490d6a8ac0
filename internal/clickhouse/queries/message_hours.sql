-- How many messages each device sent in each hour, by device and then by time.
-- Parameters: region, project: where; from, to: Unix milliseconds, whole hours.
-- Returns hour, first_ts and last_ts in Unix milliseconds; messages: readings of the metric that came most often.
SELECT
    class, device, toUnixTimestamp(begin) * 1000 AS hour,
    toUnixTimestamp64Milli(min(earliest)) AS first_ts, toUnixTimestamp64Milli(max(latest)) AS last_ts, max(readings) AS messages
FROM
(
    SELECT project, class, device, metric, h.bucket AS begin, min(h.first).ts AS earliest, max(h.last).ts AS latest, sum(h.count) AS readings
    FROM readings_1h AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY project, class, device, metric, h.bucket
)
GROUP BY class, device, begin
ORDER BY class, device, begin
