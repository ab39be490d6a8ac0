-- The events that begin, answer or end a danger to life, oldest first: what is open now follows from them.
-- Parameters: since, Unix milliseconds: events before are left out.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device,
    toUnixTimestamp64Milli(e.ts) AS ts,
    toUnixTimestamp64Milli(e.received) AS received,
    kind, id, severity, attrs
FROM events AS e
WHERE e.ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND (class = 'elevator' AND kind IN ('entrapment', 'entrapment_cleared', 'arrived', 'released')
        OR class = 'fire' AND kind IN ('alarm', 'alarm_cleared', 'acknowledged'))
ORDER BY e.ts, e.received, id
