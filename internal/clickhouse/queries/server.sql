-- Who answers, and what time it thinks it is.
-- Parameters: none.
-- Returns the version and the time in Unix milliseconds.
SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now
