-- Which numbers a device ever sent, and of what time they are kept. The rollup by days has a few hundred rows a year of
-- each, and keeps them the longest.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, class, device: of this one; limit, rows.
-- Returns first_ts and last_ts in Unix milliseconds.
SELECT
    region, project, metric,
    toUnixTimestamp64Milli(min(b.first).ts) AS first_ts, toUnixTimestamp64Milli(max(b.last).ts) AS last_ts
FROM readings_1d AS b
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND project = {project:String} AND class = {class:String} AND device = {device:String} AND region = {region:String}
GROUP BY region, project, metric
ORDER BY metric
LIMIT {limit:UInt64}
