-- Events by time, and at the same time by device, kind and id.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   kinds, severities: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to;
--   direction: 1 for the oldest first, -1 for the newest first;
--   after_ts, after_project, after_class, after_device, after_kind, after_id, after_region: the key to begin with; limit, rows.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device,
    toUnixTimestamp64Milli(e.ts) AS ts,
    toUnixTimestamp64Milli(e.received) AS received,
    kind, id, severity, attrs
FROM events AS e
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
        OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({class:String} = '' OR class = {class:String})
    AND ({device:String} = '' OR device = {device:String})
    AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
    AND (empty({severities:Array(String)}) OR severity IN {severities:Array(String)})
    AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (({direction:Int8} * toUnixTimestamp64Milli(e.ts), project, class, device, kind, id, region)
        >= ({direction:Int8} * {after_ts:Int64}, {after_project:String}, {after_class:String}, {after_device:String},
            {after_kind:String}, {after_id:String}, {after_region:String}))
ORDER BY {direction:Int8} * toUnixTimestamp64Milli(e.ts), project, class, device, kind, id, region, e.received, severity, attrs
LIMIT {limit:UInt64}
