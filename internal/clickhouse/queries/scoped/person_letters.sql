-- Quarantined messages that name a person, oldest first.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits.
-- Returns received in Unix milliseconds.
SELECT region, project, toUnixTimestamp64Milli(l.received) AS received, id, topic, payload, codec, reason, error
FROM (
    -- A letter is of the place in its topic, if that is one: property/{region}/{project}/…
    SELECT
        *, splitByChar('/', topic) AS levels,
        levels[1] = 'property' AND arrayAll(x -> match(x, '^[a-z0-9][a-z0-9_-]{0,63}$'), [levels[2], levels[3]]) AS placed,
        if(placed, levels[2], '') AS region, if(placed, levels[3], '') AS project
    FROM dead_letters
) AS l
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND (position(payload, 'psn_') > 0 OR position(error, 'psn_') > 0)
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(concat(payload, '\n', error), 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
ORDER BY l.received, id
