-- Silences that are on record, and their ends.
-- Parameters: region, project: where; from, to: Unix milliseconds; limit, rows.
-- Returns ts in Unix milliseconds.
SELECT class, device, kind, id, toUnixTimestamp64Milli(e.ts) AS ts
FROM events AS e
WHERE project = {project:String} AND region = {region:String} AND kind IN ('silent', 'silent_cleared')
    AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
ORDER BY class, device, e.ts
LIMIT {limit:UInt64}
