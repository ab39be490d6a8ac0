-- Puts "erased" in the place of a person in what happened.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits: ClickHouse keeps the statement.
ALTER TABLE events
UPDATE attrs = arrayFold((text, p) -> replaceRegexpAll(text, concat(p, '\\b'), 'erased'),
    arrayFilter(p -> hex(SHA256(p)) = {person_digest:String}, extractAll(attrs, 'psn_[0-9a-f]{32}\\b')), attrs)
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND position(attrs, 'psn_') > 0
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(attrs, 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
