-- What is known of a dictionary of this database.
-- Parameters: name.
-- Returns its comment, and whether it was read from its source.
SELECT comment, status IN ('LOADED', 'LOADED_AND_RELOADING', 'FAILED_AND_RELOADING') AS loaded
FROM system.dictionaries
WHERE database = currentDatabase() AND name = {name:String}
