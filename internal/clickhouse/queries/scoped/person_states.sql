-- The texts that devices reported and that name a person, oldest first.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device, metric,
    toUnixTimestamp64Milli(s.ts) AS ts,
    toUnixTimestamp64Milli(s.received) AS received,
    value
FROM states AS s
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND position(s.value, 'psn_') > 0
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(s.value, 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
ORDER BY s.ts, project, class, device, metric
