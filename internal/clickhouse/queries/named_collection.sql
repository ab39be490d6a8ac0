-- Whether the server has a named collection; its name or nothing.
-- Parameters: name.
SELECT name
FROM system.named_collections
WHERE name = {name:String}
