-- Complaints of a time, of all projects.
-- Parameters: from, to: Unix milliseconds: when they were made.
-- Returns created and answered in Unix milliseconds; answered is 0 while nobody has.
SELECT
    toString(region) AS region, project, toString(type) AS type,
    toUnixTimestamp64Milli(c.created) AS created, ifNull(toUnixTimestamp64Milli(c.answered), 0) AS answered
FROM complaints AS c FINAL
WHERE NOT withdrawn
    AND c.created >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.created < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
