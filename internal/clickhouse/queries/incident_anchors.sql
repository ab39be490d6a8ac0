-- Lines of the timelines of incidents, by incident and number. One that was written twice may come twice.
-- Parameters: from, to: Unix milliseconds, from <= receipt < to.
SELECT seq, incident, n, hash
FROM incident_events AS e
WHERE e.received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.received < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
ORDER BY region, project, incident, n, hash
