-- How much the devices of a project work, and how what they sense of themselves drifts.
-- Parameters: region, project: where; from, to: Unix milliseconds.
-- Returns a row for each device and metric: days on which it was seen; per_day: what a counter grew a day within
-- days, its falls (a reset, an exchange) left out; slope: how fast the daily mean of a gauge changes, a year.
SELECT
    class, device, metric, toFloat64(count()) AS days,
    avg(greatest(0., tail - head)) AS per_day,
    if(count() > 2 AND max(x) > min(x), simpleLinearRegression(x, mean).1, 0.) AS slope
FROM
(
    SELECT
        toString(class) AS class, toString(device) AS device, toString(metric) AS metric,
        toFloat64(toUnixTimestamp(h.bucket)) / 31557600 AS x,
        min(h.first).value AS head, max(h.last).value AS tail, sum(h.sum) / sum(h.count) AS mean
    FROM readings_1d AS h
    WHERE project = {project:String} AND region = {region:String}
        AND metric IN ('door_cycles_total', 'trips_total', 'run_hours', 'battery_v', 'smoke_ppm')
        AND h.bucket >= toStartOfDay(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND h.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY class, device, metric, h.bucket
    HAVING sum(h.count) > 0
)
GROUP BY class, device, metric
ORDER BY class, device, metric
