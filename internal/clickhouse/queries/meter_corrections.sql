-- Corrections of a project's counters that stand.
-- Parameters: region, project: where.
-- Returns times in Unix milliseconds.
SELECT
    id, class, device, metric, toUnixTimestamp64Milli(c.at) AS at, toUnixTimestamp64Milli(c.until) AS until,
    kind, c.old AS old_value, c.new AS new_value, note, made_by, toUnixTimestamp64Milli(c.made_at) AS made_at
FROM meter_corrections AS c FINAL
WHERE region = {region:String} AND project = {project:String} AND NOT withdrawn
ORDER BY class, device, c.at, id
LIMIT 1000000
