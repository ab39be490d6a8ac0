-- How far the import of a file came.
-- Parameters: target, the table; hash, SHA-256 of the file.
-- Returns started in Unix milliseconds; no row when there was no such import.
SELECT
    i.name, toUnixTimestamp64Milli(i.started) AS started, toInt64(i.chunks) AS chunks,
    toInt64(i.rows) AS rows, toInt64(i.stored) AS stored, toInt64(i.bad) AS bad, i.finished
FROM imports AS i
WHERE target = {target:String} AND hash = {hash:String}
ORDER BY i.chunks DESC, i.finished DESC, i.updated
LIMIT 1
