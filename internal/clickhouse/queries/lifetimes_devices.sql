-- What the registry knows of a project's devices that matters for how long they live, and when they were heard of.
-- Parameters: region, project: where; from, to: Unix milliseconds: messages are looked for from from until to.
-- Returns installed, commissioned, retired and verify_by as days since 1970, NULL when unknown; first_reading,
-- last_reading, first_event and last_event in Unix milliseconds, 0 when there is none; expected and came: messages by
-- coverage_1h, of which came counts no more than was expected in an hour. What is said about a device by others
-- (silent, offline) is no message of it. senses: smoke or water, by the metrics it sent; '' when they do not tell.
SELECT
    d.class AS class, d.device AS device, state, name, building, medium, vendor, model,
    installed, commissioned, retired, verify_by, life_years, replacement_cost, failure_cost,
    r.earliest AS first_reading, r.latest AS last_reading, e.earliest AS first_event, e.latest AS last_event,
    r.senses AS senses, c.due AS expected, c.got AS came
FROM
(
    SELECT
        toString(class) AS class, toString(device) AS device, toString(state) AS state, name, toString(building) AS building,
        toString(medium) AS medium, toString(vendor) AS vendor, toString(model) AS model,
        toInt32(installed_on) AS installed, toInt32(commissioned_on) AS commissioned, toInt32(retired_on) AS retired,
        toInt32(verification_due_on) AS verify_by,
        expected_life_years AS life_years, replacement_cost_cny AS replacement_cost, failure_cost_cny AS failure_cost
    FROM devices FINAL
    WHERE region = {region:String} AND project = {project:String} AND state != 'refused'
) AS d
LEFT JOIN
(
    SELECT
        toString(class) AS class, toString(device) AS device,
        toUnixTimestamp64Milli(min(h.first).ts) AS earliest, toUnixTimestamp64Milli(max(h.last).ts) AS latest,
        multiIf(countIf(h.metric = 'smoke_ppm') > 0, 'smoke', countIf(h.metric IN ('water_pressure_mpa', 'water_level_m')) > 0, 'water', '') AS senses
    FROM readings_1d AS h
    WHERE project = {project:String} AND region = {region:String}
        AND h.bucket >= toStartOfDay(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY class, device
) AS r ON r.class = d.class AND r.device = d.device
LEFT JOIN
(
    SELECT
        toString(class) AS class, toString(device) AS device,
        toUnixTimestamp64Milli(min(v.ts)) AS earliest, toUnixTimestamp64Milli(max(v.ts)) AS latest
    FROM events AS v
    WHERE project = {project:String} AND region = {region:String} AND kind NOT IN ('silent', 'silent_cleared', 'offline')
        AND v.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND v.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
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
