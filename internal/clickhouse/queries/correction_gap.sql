-- The hours with readings on either side of a time, where a counter of a device has
-- both: what was used between them was divided over the hours in between.
-- Parameters, times in Unix seconds: region, project, class, device: which device;
-- before, after: where the one side ends and the other begins; first, last: how far
-- they are looked at; one_sided: 1 when one side is enough, because the device came
-- or went.
-- Returns Unix seconds, before or after for a side that is not there; no row when no
-- counter has what is wanted.
SELECT
    toInt64(min(if(last_before > 0, last_before, {before:Int64}))) AS from_s,
    toInt64(max(if(first_after > 0, first_after, {after:Int64}))) AS to_s
FROM
(
    SELECT
        toUnixTimestamp(maxIf(ts, ts <= toDateTime({before:Int64}, 'UTC'))) AS last_before,
        toUnixTimestamp(minIf(ts, ts >= toDateTime({after:Int64}, 'UTC'))) AS first_after
    FROM consumption_1h
    WHERE region = {region:String} AND project = {project:String} AND class = {class:String} AND device = {device:String}
        AND readings > 0 AND ts BETWEEN toDateTime({first:Int64}, 'UTC') AND toDateTime({last:Int64}, 'UTC')
    GROUP BY metric
    HAVING {one_sided:Int64} = 1 OR (last_before > 0 AND first_after > 0)
)
HAVING count() > 0
