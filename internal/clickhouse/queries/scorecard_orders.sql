-- Repair orders of a time, of all projects, in the order of time: those that were
-- created then, and those from before that were not done before it.
-- Parameters: from, to: Unix milliseconds.
-- Returns times in Unix milliseconds, 0 where one is missing.
SELECT
    toString(region) AS region, project, id, priority = 'urgent' AS urgent,
    toString(device_class) AS class, toString(device) AS device, toString(contractor) AS contractor, toString(fault_code) AS code,
    toUnixTimestamp64Milli(o.created) AS created, ifNull(toUnixTimestamp64Milli(o.arrived), 0) AS arrived, ifNull(toUnixTimestamp64Milli(o.done), 0) AS done
FROM repair_orders AS o FINAL
WHERE NOT withdrawn
    AND (o.created >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') OR o.done IS NULL OR o.done >= fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
    AND o.created < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
ORDER BY o.created, region, project, id
