-- What the tables of this database take on disk.
-- Returns rows, bytes (compressed, with indices and marks) and parts, of live parts.
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY table
