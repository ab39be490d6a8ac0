-- The outdoor temperature by the hour: the mean of all devices that read it.
-- Parameters: region: where; project: only this one, '' for all of the region; from, to: Unix milliseconds.
-- Returns hour in Unix seconds.
SELECT toInt64(toUnixTimestamp(t.bucket)) AS hour, sum(t.sum) / sum(t.count) AS celsius
FROM readings_1h AS t
WHERE t.region = {region:String} AND ({project:String} = '' OR t.project = {project:String}) AND t.metric = 'outdoor_temperature_c'
    AND t.bucket >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND t.bucket < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY hour
HAVING celsius BETWEEN -60 AND 60
ORDER BY hour
