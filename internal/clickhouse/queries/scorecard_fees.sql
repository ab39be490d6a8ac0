-- What was to be paid in some months and what was, of all projects.
-- Parameters: from, to: the first days of months, such as 2026-10-01; to is not included.
-- Of each record counts at most what was due: who pays ahead does not pay for others.
SELECT
    toString(region) AS region, project, toString(kind) AS kind,
    sum(f.due) AS due, sum(greatest(least(f.paid, f.due), 0)) AS paid, count() AS records, groupUniqArray(toString(month)) AS months
FROM fees AS f FINAL
WHERE NOT withdrawn AND f.due > 0
    AND month >= toDateOrZero({from:String}) AND month < toDateOrZero({to:String})
GROUP BY region, project, kind
ORDER BY region, project, kind
