-- Readings, states and events together, by time and at the same time by device.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   readings, states, events: 1 for those that are wanted;
--   metrics, kinds: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to.
-- Returns what: 0 a reading, 1 a state, 2 an event; name: its metric or kind; text: a state's value or an event's
-- attributes; ts and received in Unix milliseconds.
SELECT what, region, project, class, device, name, ts, received, value, text, id, severity
FROM
(
    SELECT
        0 AS what, region, project, class, device, metric AS name,
        toUnixTimestamp64Milli(r.ts) AS ts, toUnixTimestamp64Milli(r.received) AS received,
        value, '' AS text, '' AS id, '' AS severity
    FROM readings AS r
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND {readings:UInt8}
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND ({class:String} = '' OR class = {class:String})
        AND ({device:String} = '' OR device = {device:String})
        AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
        AND r.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND r.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    UNION ALL
    SELECT
        1 AS what, region, project, class, device, metric AS name,
        toUnixTimestamp64Milli(s.ts) AS ts, toUnixTimestamp64Milli(s.received) AS received,
        0 AS value, s.value AS text, '' AS id, '' AS severity
    FROM states AS s
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND {states:UInt8}
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND ({class:String} = '' OR class = {class:String})
        AND ({device:String} = '' OR device = {device:String})
        AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
        AND s.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND s.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    UNION ALL
    SELECT
        2 AS what, region, project, class, device, kind AS name,
        toUnixTimestamp64Milli(e.ts) AS ts, toUnixTimestamp64Milli(e.received) AS received,
        0 AS value, attrs AS text, id, severity
    FROM events AS e
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND {events:UInt8}
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND ({class:String} = '' OR class = {class:String})
        AND ({device:String} = '' OR device = {device:String})
        AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
        AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
)
ORDER BY ts, project, class, device, region, what, received, name, id, value, text
