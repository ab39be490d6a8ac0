-- What comes in from each class of devices of each project, and what of it is refused.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project: only these, '' for any;
--   from, to: Unix milliseconds, from <= time < to, whole hours for readings.
-- Returns times in Unix milliseconds, 0 for none. devices are those in service, heard those of them with a reading or an event.
-- Letters whose topic names a place and no class have the class ''; those without a place are not of any source.
SELECT
    region, project, class, sum(active) AS devices, countIf(active > 0 AND numbered + told > 0) AS heard,
    sum(numbered) AS readings, sum(told) AS events, max(newest_in) AS last, sum(kept) AS letters, max(newest_out) AS last_letter
FROM
(
SELECT
    region, project, class, device, sum(in_service) AS active, sum(numbers) AS numbered, sum(happened) AS told,
    max(last_in) AS newest_in, sum(refused) AS kept, max(last_out) AS newest_out
FROM
(
    SELECT region, project, class, device, 1 AS in_service, 0 AS numbers, 0 AS happened, 0 AS last_in, 0 AS refused, 0 AS last_out
    FROM devices FINAL
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND state = 'active'
    UNION ALL
    SELECT region, project, class, device, 0, sum(b.count), 0, toUnixTimestamp64Milli(max(b.received)), 0, 0
    FROM readings_1h AS b
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND b.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND b.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY region, project, class, device
    UNION ALL
    SELECT region, project, class, device, 0, 0, count(), toUnixTimestamp64Milli(max(e.received)), 0, 0
    FROM events AS e
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY region, project, class, device
    UNION ALL
    SELECT region, project, class, '', 0, 0, 0, 0, uniqExact(id), toUnixTimestamp64Milli(max(l.received))
    FROM (
        SELECT
            *, splitByChar('/', topic) AS levels,
            length(levels) > 3 AND levels[1] = 'property' AND arrayAll(x -> match(x, '^[a-z0-9][a-z0-9_-]{0,63}$'), [levels[2], levels[3]]) AS placed,
            if(placed, levels[2], '') AS region, if(placed, levels[3], '') AS project,
            if(levels[4] IN ('meter', 'elevator', 'fire', 'access'), levels[4], '') AS class
        FROM dead_letters
    ) AS l
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND placed
        AND l.received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND l.received < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY region, project, class
)
GROUP BY region, project, class, device
)
GROUP BY region, project, class
ORDER BY region, project, class
