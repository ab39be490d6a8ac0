-- In how many hours or days each device reported, by project, class and device.
-- Parameters: table: readings_1h or readings_1d;
--   scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   from, to: Unix milliseconds, both whole steps;
--   after_project, after_class, after_device, after_region: the key to begin with; limit, rows.
-- Returns first_ts, last_ts and gap in milliseconds. A device that the registry has in service and that is silent
-- has no steps, and the whole period for a gap. The devices of the page are found first, so that the steps of no
-- others are counted.
WITH page AS
(
    SELECT project, class, device, region FROM
    (
        SELECT project, class, device, region
        FROM {table:Identifier} AS b
        WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
                OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
            AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
                OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
            AND ({region:String} = '' OR region = {region:String})
            AND ({project:String} = '' OR project = {project:String})
            AND ({class:String} = '' OR class = {class:String})
            AND ({device:String} = '' OR device = {device:String})
            AND b.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND b.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
            AND (project > {after_project:String} OR project = {after_project:String}
                AND (class > {after_class:String} OR class = {after_class:String}
                AND (device > {after_device:String} OR device = {after_device:String}
                AND region >= {after_region:String})))
        GROUP BY project, class, device, region
        UNION DISTINCT
        SELECT project, class, device, region
        FROM devices FINAL
        WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
                OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
            AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
                OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
            AND ({region:String} = '' OR region = {region:String})
            AND ({project:String} = '' OR project = {project:String})
            AND ({class:String} = '' OR class = {class:String})
            AND ({device:String} = '' OR device = {device:String})
            AND state = 'active'
            AND (project > {after_project:String} OR project = {after_project:String}
                AND (class > {after_class:String} OR class = {after_class:String}
                AND (device > {after_device:String} OR device = {after_device:String}
                AND region >= {after_region:String})))
    )
    ORDER BY project, class, device, region
    LIMIT {limit:UInt64}
),
arraySort(groupArrayArray(span)) AS times
SELECT
    region, project, class, device,
    length(times) AS steps, sum(readings) AS readings,
    times[1].1 AS first_ts, times[-1].2 AS last_ts,
    arrayMax(arrayMap((begin, end) -> begin - end,
        arrayPushBack(times.1, {to:Int64}), arrayPushFront(times.2, {from:Int64}))) AS gap
FROM
(
    SELECT
        region, project, class, device, sum(b.count) AS readings,
        [(toUnixTimestamp64Milli(min(b.first).ts), toUnixTimestamp64Milli(max(b.last).ts))] AS span
    FROM {table:Identifier} AS b
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND b.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND b.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND (project, class, device, region) IN page
    GROUP BY region, project, class, device, b.bucket
    UNION ALL
    SELECT region, project, class, device, 0 AS readings, [] AS span FROM page
)
GROUP BY project, class, device, region
ORDER BY project, class, device, region
LIMIT {limit:UInt64}
