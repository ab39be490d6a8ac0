-- Projects that have readings or devices, with their time zones, '' where the registry does not know them.
-- Parameters: region, project: only these, '' for any; from, to: Unix milliseconds.
SELECT region, project, max(zone) AS time_zone
FROM
(
    SELECT DISTINCT region, project, '' AS zone
    FROM readings_1d AS d
    WHERE d.bucket >= toStartOfDay(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND d.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    UNION ALL
    SELECT region, project, time_zone AS zone FROM projects FINAL
)
WHERE ({region:String} = '' OR region = {region:String}) AND ({project:String} = '' OR project = {project:String})
GROUP BY region, project
ORDER BY region, project
