-- What a person inspected, oldest first: also what was told again and is not merged
-- with it yet.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits.
-- Returns planned and received in Unix milliseconds.
SELECT
    region, project, id,
    toUnixTimestamp64Milli(i.planned) AS planned,
    toUnixTimestamp64Milli(i.received) AS received,
    level, kind
FROM inspections AS i
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND i.inspector_key != '' AND hex(SHA256(i.inspector_key)) = {person_digest:String}
ORDER BY i.planned, region, project, id
