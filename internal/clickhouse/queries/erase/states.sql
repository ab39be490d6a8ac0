-- Puts "erased" in the place of a person in texts that devices reported.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits: ClickHouse keeps the statement.
ALTER TABLE states
UPDATE value = arrayFold((text, p) -> replaceRegexpAll(text, concat(p, '\\b'), 'erased'),
    arrayFilter(p -> hex(SHA256(p)) = {person_digest:String}, extractAll(value, 'psn_[0-9a-f]{32}\\b')), value)
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND position(value, 'psn_') > 0
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(value, 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
