-- How fast each counter went in the past: its mean, and the highest hour that it reached on three days.
-- Parameters: region, project: where; from, to: days since 1970, of which only those before to.
SELECT
    class, device, metric, count() AS counted_days,
    if(count() >= 3, arrayReverseSort(groupArray(d.peak))[3], 0) AS peak,
    if(sum(d.hours) >= 24, sum(d.value) / sum(d.hours), 0) AS mean
FROM consumption_1d AS d FINAL
WHERE region = {region:String} AND project = {project:String}
    AND d.day >= toDate({from:UInt16}) AND d.day < toDate({to:UInt16}) AND d.hours > 0
GROUP BY class, device, metric
