-- Puts "erased" in the place of a person in quarantined messages.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   person_digest: SHA-256 of the pseudonym, in capital hexadecimal digits: ClickHouse keeps the statement.
ALTER TABLE dead_letters
UPDATE
    payload = arrayFold((text, p) -> replaceRegexpAll(text, concat(p, '\\b'), 'erased'),
        arrayFilter(p -> hex(SHA256(p)) = {person_digest:String}, extractAll(payload, 'psn_[0-9a-f]{32}\\b')), payload),
    error = arrayFold((text, p) -> replaceRegexpAll(text, concat(p, '\\b'), 'erased'),
        arrayFilter(p -> hex(SHA256(p)) = {person_digest:String}, extractAll(error, 'psn_[0-9a-f]{32}\\b')), error)
-- A letter is of the place in its topic, if that is one: property/{region}/{project}/…
WHERE ({scope_all:UInt8}
        OR match(topic, '^property/[a-z0-9][a-z0-9_-]{0,63}/[a-z0-9][a-z0-9_-]{0,63}(/|$)')
            AND (splitByChar('/', topic)[2] IN {scope_regions:Array(String)}
                OR (splitByChar('/', topic)[2], splitByChar('/', topic)[3]) IN {scope_projects:Array(Tuple(String, String))}))
    AND (position(payload, 'psn_') > 0 OR position(error, 'psn_') > 0)
    AND has(arrayMap(p -> hex(SHA256(p)), extractAll(concat(payload, '\n', error), 'psn_[0-9a-f]{32}\\b')), {person_digest:String})
