-- Ends of the audit log that were noted, each with the time at which it was noted first.
-- Parameters: none.
-- Returns at in Unix milliseconds.
SELECT toUnixTimestamp64Milli(min(a.at)) AS at, seq, hash
FROM audit_anchors AS a
GROUP BY seq, hash
ORDER BY seq, at
