-- Puts "erased" in the place of a person who inspected.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits: ClickHouse keeps the statement.
-- Also in what a newer record replaced and is not merged yet.
ALTER TABLE inspections
UPDATE inspector_key = 'erased'
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND inspector_key != '' AND hex(SHA256(inspector_key)) = {person_digest:String}
