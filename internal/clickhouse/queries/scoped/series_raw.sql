-- How many readings there are in each project, and in its longest series.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   devices, metrics: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to.
SELECT region, project, max(n) AS longest, sum(n) AS readings, sum(n) AS inside
FROM
(
    SELECT region, project, class, device, metric, count() AS n
    FROM readings AS r
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
        AND ({class:String} = '' OR class = {class:String})
        AND ({device:String} = '' OR device = {device:String})
        AND (empty({devices:Array(Tuple(String, String, String, String))})
            OR (region, project, class, device) IN {devices:Array(Tuple(String, String, String, String))})
        AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
        AND r.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND r.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY region, project, class, device, metric
)
GROUP BY region, project
