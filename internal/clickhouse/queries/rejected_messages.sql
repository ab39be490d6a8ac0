-- How many messages of each device were quarantined, by the hour of their receipt.
-- Parameters: prefix: with which their topics begin; from, to: Unix milliseconds; limit, rows.
-- Returns hour in Unix milliseconds. A message that was quarantined again is the same.
SELECT
    splitByChar('/', topic)[4] AS class, splitByChar('/', topic)[5] AS device,
    toUInt64(toUnixTimestamp(toStartOfHour(l.received))) * 1000 AS hour, uniqExact(id) AS messages
FROM dead_letters AS l
WHERE l.received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND l.received < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND startsWith(topic, {prefix:String})
GROUP BY class, device, hour
ORDER BY class, device, hour
LIMIT {limit:UInt64}
