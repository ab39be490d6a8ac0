-- Quarantined messages that were not fed in again, in the order of receipt and id, each once.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   ids: only these, [] for any; reason: only this, '' for any;
--   after_received, Unix milliseconds, and after_id: where the page before ended; limit, rows.
-- Returns received in Unix milliseconds.
SELECT
    toUnixTimestamp64Milli(l.received) AS received, id, topic, payload, codec, reason, error
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
    AND (empty({ids:Array(String)}) OR id IN {ids:Array(String)})
    AND ({reason:String} = '' OR reason = {reason:String})
    AND (l.received, id) > (fromUnixTimestamp64Milli({after_received:Int64}, 'UTC'), {after_id:String})
    AND id NOT IN (SELECT id FROM dead_letter_replays)
ORDER BY l.received, id
LIMIT 1 BY id
LIMIT {limit:UInt64}
