-- What meters used and what it cost, by project, or by building or metering point of it, and by step.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   places: region and project of those that are asked for; building, point: only these, '' for any;
--   metric: the counter; media: as the registry names the medium, '' for meters of which it does not say;
--   from, to: Unix seconds, whole hours; parts: into how many an hour is divided, by time;
--   lengths, steps, prices: stretches of parts of hours from from on: how many, the step that they belong to, from 1,
--   or 0 for what is not asked for, and what a unit costs then, '' when nobody knows;
--   per: project, building or meter.
-- A meter behind another one is left out, since that one counts its use too: of buildings, behind one of the same
-- building. Not so where each meter, or one point, is asked for.
-- Returns a row for each step, and one with step 0 for all of them: covered and measured are hours that are accounted
-- for, and those of which nothing was interpolated or is suspect; priced is the part of used that has a price;
-- device is the meter that counted last at the only point, parent the one before it.
WITH behind AS
(
    SELECT d.region AS region, d.project AS project, d.device AS device, d.parent AS parent
    FROM
    (
        SELECT region, project, toString(device) AS device, building, parent_meter AS parent
        FROM devices FINAL
        WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
                OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
            AND class = 'meter' AND medium IN {media:Array(String)} AND parent_meter != ''
    ) AS d
    INNER JOIN
    (
        SELECT region, project, toString(device) AS device, building
        FROM devices FINAL
        WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
                OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
            AND class = 'meter' AND medium IN {media:Array(String)}
    ) AS p ON p.region = d.region AND p.project = d.project AND p.device = d.parent
    WHERE d.device != d.parent AND ({per:String} != 'building' AND {building:String} = '' OR p.building = d.building)
),
arrayFlatten(arrayMap((n, i) -> arrayWithConstant(toUInt32OrZero(n), i), {lengths:Array(String)}, arrayEnumerate({lengths:Array(String)}))) AS stretch,
arrayMap(s -> toUInt32OrZero(s), {steps:Array(String)}) AS step_of,
arrayMap(p -> toFloat64OrZero(p), {prices:Array(String)}) AS price_of,
arrayMap(p -> p != '', {prices:Array(String)}) AS has_price
SELECT
    region, project, by_building, by_point, step,
    sum(use) AS used, sum(covered_part) AS covered, sum(measured_part) AS measured, sum(use * price) AS cost, sum(use * known) AS priced,
    uniqExact(point) AS points, argMax(toString(device), ts) AS device, argMax(toString(building), ts) AS building, argMax(parent, ts) AS parent
FROM
(
    SELECT
        c.region AS region, c.project AS project, c.point AS point, c.device AS device, c.building AS building, c.ts AS ts, b.parent AS parent,
        if({per:String} = 'building', toString(c.building), '') AS by_building, if({per:String} = 'meter', toString(c.point), '') AS by_point,
        arrayJoin(range(toUInt8({parts:UInt8}))) AS part,
        stretch[intDiv(toInt64(toUnixTimestamp(c.ts)) - {from:Int64}, 3600) * {parts:UInt8} + part + 1] AS i,
        step_of[i] AS step, price_of[i] AS price, has_price[i] AS known,
        c.value / {parts:UInt8} AS use, c.covered / {parts:UInt8} AS covered_part, if(c.quality = 'measured', c.covered, 0) / {parts:UInt8} AS measured_part
    FROM
    (
        SELECT region, project, point, device, building, ts, value, toFloat64(covered) AS covered, quality
        FROM consumption_1h FINAL
        WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
                OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
            AND (region, project) IN {places:Array(Tuple(String, String))}
            AND class = 'meter' AND metric = {metric:String} AND medium IN {media:Array(String)}
            AND ({building:String} = '' OR building = {building:String})
            AND ({point:String} = '' OR point = {point:String})
            AND ts >= toDateTime({from:Int64}, 'UTC') AND ts < toDateTime({to:Int64}, 'UTC')
            AND quality != 'missing'
            AND ({per:String} = 'meter' OR {point:String} != '' OR (region, project, toString(device)) NOT IN (SELECT region, project, device FROM behind))
    ) AS c
    LEFT JOIN behind AS b ON b.region = c.region AND b.project = c.project AND b.device = toString(c.device)
)
WHERE step != 0
GROUP BY GROUPING SETS ((region, project, by_building, by_point, step), (region, project, by_building, by_point))
SETTINGS do_not_merge_across_partitions_select_final = 1
