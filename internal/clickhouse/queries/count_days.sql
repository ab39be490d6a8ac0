-- Adds up hours to days of a project's own calendar.
-- Parameters: region, project: where;
--   edges: Unix seconds at which days begin, and at last the end; days: the same days, since 1970, one less;
--   run: the run's id; computed: Unix milliseconds.
-- An hour over the end of a day, where zones are off by half an hour, is divided by time.
INSERT INTO consumption_1d
    (day, region, project, building, device, point, class, medium, metric, value, length, hours, interpolated, suspect, peak, readings, run_id, computed_at)
WITH
    arrayMap(e -> toInt64OrZero(e), {edges:Array(String)}) AS edge,
    arrayMap(d -> toUInt16OrZero(d), {days:Array(String)}) AS number,
    toInt64(toUnixTimestamp(c.ts)) AS begin,
    arrayLastIndex(e -> e <= begin, edge) AS i,
    arrayLastIndex(e -> e < begin + 3600, edge) AS j,
    arrayJoin(if(i = j, [(i, 1.)], [(i, (edge[j] - begin) / 3600), (j, 1 - (edge[j] - begin) / 3600)])) AS part,
    part.1 AS k, part.2 AS share
SELECT
    toDate(number[k]) AS day, region, project, any(c.building), device, any(c.point), class, any(c.medium), metric,
    sum(c.value * share), any((edge[k + 1] - edge[k]) / 3600), sum(c.covered * share),
    sumIf(c.covered * share, quality = 'interpolated'), sumIf(c.covered * share, quality = 'suspect'),
    maxIf(c.value, quality = 'measured'), toUInt32(sum(c.readings * share)), {run:String}, fromUnixTimestamp64Milli({computed:Int64}, 'UTC')
FROM consumption_1h AS c FINAL
WHERE region = {region:String} AND project = {project:String}
    AND c.ts > toDateTime(edge[1] - 3600, 'UTC') AND c.ts < toDateTime(edge[-1], 'UTC')
    AND k >= 1 AND k < length(edge)
GROUP BY region, project, class, device, metric, k
