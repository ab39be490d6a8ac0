-- What devices said of their own counters: that they were replaced or reset.
-- Parameters: region, project: where; from, to: Unix milliseconds.
-- Returns ts in Unix milliseconds; old_value and new_value are what the main counter showed, NULL if not said.
SELECT
    class, device, toUnixTimestamp64Milli(e.ts) AS ts, kind,
    JSONExtract(attrs, 'old_reading', 'Nullable(Float64)') AS old_value,
    JSONExtract(attrs, 'new_reading', 'Nullable(Float64)') AS new_value
FROM events AS e
WHERE project = {project:String} AND region = {region:String} AND kind IN ('replaced', 'reset')
    AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
ORDER BY class, device, e.ts, kind, id
LIMIT 100000
