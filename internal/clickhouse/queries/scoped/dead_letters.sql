-- Quarantined messages without their payloads, newest first.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project: only these, '' for any; topic: only those with this in it, '' for any; reasons: only these, [] for any;
--   replayed: 1 only those that were fed in again, 0 only the others, -1 for any;
--   from, to: Unix milliseconds, from <= time < to;
--   after_ts, after_id: the key to begin with; limit, rows.
-- Returns received in Unix milliseconds; size is the payload's, in bytes.
SELECT
    toUnixTimestamp64Milli(l.received) AS received, id, topic, length(payload) AS size, codec, reason, error,
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
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({topic:String} = '' OR positionCaseInsensitiveUTF8(topic, {topic:String}) > 0)
    AND (empty({reasons:Array(String)}) OR reason IN {reasons:Array(String)})
    AND ({replayed:Int8} < 0 OR was_replayed = {replayed:Int8})
    AND l.received >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND l.received < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND (l.received < fromUnixTimestamp64Milli({after_ts:Int64}, 'UTC')
        OR l.received = fromUnixTimestamp64Milli({after_ts:Int64}, 'UTC') AND id <= {after_id:String})
ORDER BY l.received DESC, id DESC
LIMIT 1 BY l.received, id
LIMIT {limit:UInt64}
