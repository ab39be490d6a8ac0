-- The highest mean power of a quarter of an hour, as suppliers bill it, of some meters.
-- Parameters: region, project: where; devices: which meters; from, to: Unix milliseconds.
-- Returns at in Unix seconds; quarters is how many quarters of an hour have a value.
SELECT device, max(q.kw) AS kw, toInt64(toUnixTimestamp(argMax(q.slot, q.kw))) AS at, count() AS quarters
FROM
(
    SELECT toString(f.device) AS device, toStartOfFifteenMinutes(f.bucket) AS slot, sum(f.sum) / sum(f.count) AS kw
    FROM readings_5m AS f
    WHERE f.region = {region:String} AND f.project = {project:String} AND f.class = 'meter' AND f.metric = 'power_kw' AND f.device IN {devices:Array(String)}
        AND f.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND f.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    GROUP BY device, slot
) AS q
WHERE isFinite(q.kw)
GROUP BY device
ORDER BY device
