-- Inspections that were planned for a time, of all projects.
-- Parameters: from, to: Unix milliseconds.
-- Returns planned and done in Unix milliseconds; done is 0 while it is not, score -1
-- where there is none.
SELECT
    toString(region) AS region, project, toString(level) AS level, toString(kind) AS kind,
    toUnixTimestamp64Milli(i.planned) AS planned, ifNull(toUnixTimestamp64Milli(i.done), 0) AS done, ifNull(i.score, -1) AS score
FROM inspections AS i FINAL
WHERE NOT withdrawn
    AND i.planned >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND i.planned < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
