-- What is known of a dictionary of this database.
-- Parameters: name.
-- Returns its comment, and whether anybody has asked for it. Of one that is being read just now
-- that is so too: what it reads may be from before what was written since.
SELECT comment, status NOT IN ('NOT_LOADED', 'NOT_EXIST') AS used
FROM system.dictionaries
WHERE database = currentDatabase() AND name = {name:String}
