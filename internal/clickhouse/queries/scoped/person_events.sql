-- What happened where a person was read, oldest first.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits: what is asked is kept in logs, and must not name anybody.
-- Returns ts and received in Unix milliseconds.
SELECT
    region, project, class, device,
    toUnixTimestamp64Milli(e.ts) AS ts,
    toUnixTimestamp64Milli(e.received) AS received,
    kind, id, severity, attrs
FROM events AS e
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND position(e.attrs, 'psn_') > 0
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(e.attrs, 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
ORDER BY e.ts, project, class, device, kind, id
