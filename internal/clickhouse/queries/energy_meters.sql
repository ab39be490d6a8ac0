-- The meters of a project, by what the registry knows of them and by what was counted, and how much each used.
-- Parameters: region, project: where; from, to: Unix milliseconds: the period of what was used.
-- Returns a row for each meter and metric; metric is '' and used 0 of a meter that counted nothing. point is '' of a
-- meter that never counted. last is the last day that something is known of, as days since 1970.
SELECT
    if(c.device = '', d.device, c.device) AS device, c.point AS point, c.metric AS metric, c.used AS used, c.known AS known, c.last AS last,
    d.state AS state, if(d.building = '', c.building, d.building) AS building, if(d.medium = '', c.medium, d.medium) AS medium, d.parent AS parent
FROM
(
    SELECT toString(device) AS device, toString(state) AS state, toString(building) AS building, toString(medium) AS medium, toString(parent_meter) AS parent
    FROM devices FINAL
    WHERE region = {region:String} AND project = {project:String} AND class = 'meter' AND state != 'refused'
) AS d
FULL OUTER JOIN
(
    SELECT
        toString(u.device) AS device, toString(u.metric) AS metric, toString(argMax(u.point, u.day)) AS point,
        toString(argMax(u.building, u.day)) AS building, toString(argMax(u.medium, u.day)) AS medium,
        sum(u.value) AS used, sum(toFloat64(u.hours)) AS known, toInt32(max(u.day)) AS last
    FROM consumption_1d AS u FINAL
    WHERE region = {region:String} AND project = {project:String} AND class = 'meter' AND metric IN ('energy_kwh', 'volume_m3', 'heat_gj')
        AND u.day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND u.day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
        AND u.hours > 0
    GROUP BY device, metric
) AS c ON c.device = d.device
ORDER BY device, metric
SETTINGS do_not_merge_across_partitions_select_final = 1
