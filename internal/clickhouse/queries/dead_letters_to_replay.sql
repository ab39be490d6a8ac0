-- Quarantined messages that were not fed in again, in the order of receipt and id, each once.
-- Parameters: after_received, Unix milliseconds, and after_id: where the page before ended; limit, rows.
-- Returns received in Unix milliseconds.
SELECT
    toUnixTimestamp64Milli(l.received) AS received,
    id, topic, payload, codec, reason, error
FROM dead_letters AS l
WHERE (l.received, id) > (fromUnixTimestamp64Milli({after_received:Int64}, 'UTC'), {after_id:String})
    AND id NOT IN (SELECT id FROM dead_letter_replays)
ORDER BY l.received, id
LIMIT 1 BY id
LIMIT {limit:UInt64}
