-- Whether each device was last heard to be online or offline.
-- Parameters: since, Unix milliseconds: changes before are left out.
-- Returns received in Unix milliseconds.
SELECT
    region, project, class, device,
    toUnixTimestamp64Milli(max(e.received)) AS received,
    argMax(e.kind, e.received) = 'online' AS online
FROM events AS e
WHERE e.ts >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND kind IN ('online', 'offline')
GROUP BY region, project, class, device
