-- What some meters used in each hour, by metering point, metric and time. Hours of which nothing is known are left out.
-- An hour in which a meter was exchanged has a row of either meter.
-- Parameters: region, project: where; devices: which meters; from, to: Unix milliseconds, whole hours.
-- Returns hour in Unix seconds; measured says that nothing of the value was interpolated or is suspect.
SELECT point, metric, toInt64(toUnixTimestamp(c.ts)) AS hour, value, toFloat64(c.covered) AS covered, quality = 'measured' AS measured
FROM consumption_1h AS c FINAL
WHERE region = {region:String} AND project = {project:String} AND class = 'meter' AND device IN {devices:Array(String)}
    AND metric IN ('energy_kwh', 'reactive_kvarh', 'volume_m3', 'heat_gj')
    AND c.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND c.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND quality != 'missing'
ORDER BY point, metric, c.ts
SETTINGS do_not_merge_across_partitions_select_final = 1
