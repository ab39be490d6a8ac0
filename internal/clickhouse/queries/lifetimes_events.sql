-- What begins and ends lives of a project's devices and of their parts: faults, maintenance, replacements and
-- silences, each message once, in the order in which they are to be taken.
-- Parameters: region, project: where; from, to: Unix milliseconds.
-- Returns at in Unix milliseconds; code: of a fault, '' without one. Copies of an event have its id; of them the
-- earliest counts. A silence is announced after a time of patience, and begins with the last message, which its id
-- has. At one and the same time a silence ends before another begins, and all else begins before it ends.
SELECT class, device, kind, code, at
FROM
(
    SELECT
        toString(class) AS class, toString(device) AS device, toString(kind) AS kind, id,
        toUnixTimestamp64Milli(e.ts) AS sent,
        substring(JSONExtractString(attrs, 'code'), 1, 64) AS code,
        toInt64OrZero(splitByChar('-', id)[-1]) AS last,
        if(kind = 'silent' AND last BETWEEN sent - 34560000000 AND sent, last, sent) AS at
    FROM events AS e
    WHERE project = {project:String} AND region = {region:String}
        AND kind IN ('fault', 'fault_cleared', 'maintenance_done', 'replaced', 'silent', 'silent_cleared')
        AND e.ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    ORDER BY class, device, sent
    LIMIT 1 BY class, device, kind, if(id = '', toString(sent), id)
)
ORDER BY class, device, at, multiIf(kind = 'silent_cleared', 0, kind IN ('fault', 'silent'), 1, 2), kind, id
