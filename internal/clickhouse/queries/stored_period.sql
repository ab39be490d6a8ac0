-- The period of what a table holds: from its first time up to behind its last, by its parts.
-- Parameters: table, its name.
-- Returns from and to in Unix milliseconds; both 0 when the table is empty.
SELECT
    toInt64(toUnixTimestamp(min(min_time))) * 1000 AS from_ms,
    if(count() = 0, 0, (toInt64(toUnixTimestamp(max(max_time))) + 1) * 1000) AS to_ms
FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active
