-- Corrections of one device's counters, by their time.
-- Parameters: region, project, class, device: which device; withdrawn: 1 for those
-- that were withdrawn as well; limit: at most so many.
-- Returns times in Unix milliseconds.
SELECT
    id, metric, toUnixTimestamp64Milli(c.at) AS at, toUnixTimestamp64Milli(c.until) AS until,
    kind, c.old AS old_value, c.new AS new_value, note, made_by, toUnixTimestamp64Milli(c.made_at) AS made_at, withdrawn
FROM meter_corrections AS c FINAL
WHERE region = {region:String} AND project = {project:String} AND class = {class:String} AND device = {device:String}
    AND (NOT withdrawn OR {withdrawn:UInt8} = 1)
ORDER BY c.at, id
LIMIT {limit:UInt64}
