-- What is known of a project's devices, and of how they reported, that matters for how often they fail.
-- Parameters: region, project: where; from, to: Unix milliseconds: the period; seen: the same: messages are looked for from it on.
-- Returns commissioned, installed and retired as days since 1970, NULL when unknown; first_reading, last_reading,
-- first_event and last_event in Unix milliseconds, 0 when there is none; messages: days with readings, and events, in
-- the period; expected and came: messages by coverage_1h, of which came counts no more than was expected in an hour.
-- What is said about a device by others (silent, offline) is no message of it.
SELECT
    d.class AS class, d.device AS device, state, vendor, model, commissioned, installed, retired,
    r.earliest AS first_reading, r.latest AS last_reading, e.earliest AS first_event, e.latest AS last_event,
    r.days + e.within AS messages, c.due AS expected, c.got AS came
FROM
(
    SELECT
        toString(class) AS class, toString(device) AS device, toString(state) AS state, toString(vendor) AS vendor, toString(model) AS model,
        toInt32(commissioned_on) AS commissioned, toInt32(installed_on) AS installed, toInt32(retired_on) AS retired
    FROM devices FINAL
    WHERE region = {region:String} AND project = {project:String} AND state != 'refused'
) AS d
LEFT JOIN
(
    SELECT
        toString(class) AS class, toString(device) AS device,
        toUnixTimestamp64Milli(min(h.first).ts) AS earliest, toUnixTimestamp64Milli(max(h.last).ts) AS latest,
        uniqExactIf(h.bucket, h.last.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND h.first.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')) AS days
    FROM readings_1d AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= toStartOfDay(fromUnixTimestamp64Milli({seen:Int64}, 'UTC')) AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY class, device
) AS r ON r.class = d.class AND r.device = d.device
LEFT JOIN
(
    SELECT
        toString(class) AS class, toString(device) AS device,
        toUnixTimestamp64Milli(min(v.ts)) AS earliest, toUnixTimestamp64Milli(max(v.ts)) AS latest,
        countIf(v.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS within
    FROM events AS v
    WHERE project = {project:String} AND region = {region:String} AND kind NOT IN ('silent', 'silent_cleared', 'offline')
        AND v.ts >= fromUnixTimestamp64Milli({seen:Int64}, 'UTC') AND v.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY class, device
) AS e ON e.class = d.class AND e.device = d.device
LEFT JOIN
(
    SELECT
        toString(class) AS class, toString(device) AS device,
        sum(toFloat64(w.expected)) AS due, sum(least(toFloat64(w.expected), toFloat64(w.received))) AS got
    FROM coverage_1h AS w FINAL
    WHERE region = {region:String} AND project = {project:String} AND w.expected > 0
        AND w.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND w.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY class, device
) AS c ON c.class = d.class AND c.device = d.device
ORDER BY class, device
