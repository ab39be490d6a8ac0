-- How many readings the buckets of a period tell of in each project, and in its longest series.
-- Parameters: table: readings_5m, readings_1h or readings_1d; seconds: the length of its buckets;
--   scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: only these, '' for any;
--   devices, metrics: only these, [] for any;
--   from, to: Unix milliseconds, from <= time < to.
-- Returns longest and readings of the buckets that touch the period, and inside: the readings of those within it.
SELECT region, project, max(n) AS longest, sum(n) AS readings, sum(whole) AS inside
FROM
(
    SELECT
        region, project, class, device, metric, sum(b.count) AS n,
        sumIf(b.count, toInt64(toUnixTimestamp(b.bucket)) * 1000 >= {from:Int64}
            AND (toInt64(toUnixTimestamp(b.bucket)) + {seconds:Int64}) * 1000 <= {to:Int64}) AS whole
    FROM {table:Identifier} AS b
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
        AND b.bucket > fromUnixTimestamp64Milli({from:Int64}, 'UTC') - toIntervalSecond({seconds:Int64})
        AND b.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY region, project, class, device, metric
)
GROUP BY region, project
