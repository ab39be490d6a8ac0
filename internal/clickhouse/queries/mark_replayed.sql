-- Records that dead letters were fed in again.
-- Parameters: ids; outcome, a word.
INSERT INTO dead_letter_replays (id, at, outcome)
SELECT arrayJoin({ids:Array(String)}), now64(3), {outcome:String}
SETTINGS async_insert = 0
