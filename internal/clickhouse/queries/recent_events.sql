-- The last events by time, newest first.
-- Parameters: since, Unix milliseconds: events before are left out; limit, rows.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device,
    toUnixTimestamp64Milli(e.ts) AS ts,
    toUnixTimestamp64Milli(e.received) AS received,
    kind, id, severity, attrs
FROM events AS e
WHERE e.ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
ORDER BY e.ts DESC, e.received DESC, id
LIMIT {limit:UInt64}
