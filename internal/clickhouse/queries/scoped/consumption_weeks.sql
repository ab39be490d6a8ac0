-- What counters counted in a period, and in the same hours a week before, by place, class, device and metric.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   devices: only these; metrics: only these, [] for any;
--   from, to: Unix milliseconds, whole hours, a week at most;
--   limit: rows.
-- Returns until_ms: Unix milliseconds, the end of the last hour of the period of which something is known, 0 for none;
-- used and hours: what was counted until then, and in how many hours; used_then and hours_then: the same a week before.
SELECT
    region, project, class, device, metric, of_medium, until * 1000 AS until_ms,
    used, hours,
    arraySum(arrayMap(x -> x.2, arrayFilter(x -> x.1 + 604800 < until, past))) AS used_then,
    toUInt64(arrayCount(x -> x.1 + 604800 < until, past)) AS hours_then
FROM
(
    SELECT
        region, project, class, device, metric, any(medium) AS of_medium,
        maxIf(toInt64(toUnixTimestamp(ts)) + 3600, ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS until,
        sumIf(value, ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS used,
        countIf(ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS hours,
        groupArrayIf((toInt64(toUnixTimestamp(ts)), value), ts < fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AS past
    FROM consumption_1h FINAL
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
            OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
        AND (region, project, class, device) IN {devices:Array(Tuple(String, String, String, String))}
        AND (empty({metrics:Array(String)}) OR metric IN {metrics:Array(String)})
        AND (ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
            OR ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') - toIntervalDay(7)
            AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC') - toIntervalDay(7))
        AND quality != 'missing'
    GROUP BY region, project, class, device, metric
)
ORDER BY region, project, class, device, metric
LIMIT {limit:UInt64}
