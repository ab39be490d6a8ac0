-- Notes how far the import of a file came.
-- Parameters: target, the table; hash, SHA-256 of the file; name, of the file; started, Unix milliseconds;
--   chunks, rows, stored, bad: counts; finished, 0 or 1.
INSERT INTO imports (target, hash, name, started, updated, chunks, rows, stored, bad, finished)
SELECT
    {target:String}, {hash:String}, {name:String}, fromUnixTimestamp64Milli({started:Int64}, 'UTC'), now64(3),
    {chunks:UInt64}, {rows:UInt64}, {stored:UInt64}, {bad:UInt64}, {finished:UInt8}
SETTINGS async_insert = 0
