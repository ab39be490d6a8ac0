-- One quarantined message, as it was received last.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   id.
-- Returns received in Unix milliseconds.
SELECT
    toUnixTimestamp64Milli(l.received) AS received, id, topic, payload, codec, reason, error,
    id IN (SELECT id FROM dead_letter_replays) AS was_replayed
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
    AND id = {id:String}
ORDER BY l.received DESC
LIMIT 1
