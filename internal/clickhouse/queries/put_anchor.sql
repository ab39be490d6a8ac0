-- Notes an end of the audit log.
-- Parameters: seq; hash.
INSERT INTO audit_anchors (at, seq, hash)
SELECT now64(3), {seq:Int64}, {hash:String}
SETTINGS async_insert = 0
