-- Which projects enter complaints at all: one that has entered none for a year is not
-- known to have none.
-- Parameters: from, to: Unix milliseconds.
SELECT toString(region) AS region, project, count() AS records
FROM complaints AS c FINAL
WHERE NOT withdrawn
    AND c.created >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.created < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY region, project
