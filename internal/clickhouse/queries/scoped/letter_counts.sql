-- How many messages were quarantined, by place, reason and step of time.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project: only these, '' for any; topic: only those with this in it, '' for any;
--   replayed: 1 only those that were fed in again, 0 only the others, -1 for any;
--   from, to: Unix milliseconds, from <= time < to; step: in milliseconds.
-- Returns the beginning of the step in Unix milliseconds. A message that was quarantined twice counts once.
SELECT region, project, reason, intDiv(toUnixTimestamp64Milli(l.received), {step:Int64}) * {step:Int64} AS at, uniqExact(id) AS letters
FROM (
    -- A letter is of the place in its topic, if that is one: property/{region}/{project}/…
    SELECT
        *, splitByChar('/', topic) AS levels,
        length(levels) > 3 AND levels[1] = 'property' AND arrayAll(x -> match(x, '^[a-z0-9][a-z0-9_-]{0,63}$'), [levels[2], levels[3]]) AS placed,
        if(placed, levels[2], '') AS region, if(placed, levels[3], '') AS project
    FROM dead_letters
) AS l
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({scope_all:UInt8} OR notEmpty({scope_regions:Array(String)})
        OR project IN tupleElement({scope_projects:Array(Tuple(String, String))}, 2))
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({topic:String} = '' OR positionCaseInsensitiveUTF8(topic, {topic:String}) > 0)
    AND ({replayed:Int8} < 0 OR (id IN (SELECT id FROM dead_letter_replays)) = {replayed:Int8})
    AND l.received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND l.received < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY region, project, reason, at
ORDER BY at, region, project, reason
