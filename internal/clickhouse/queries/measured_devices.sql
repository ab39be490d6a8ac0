-- What the registry knows of a project's devices that matters for counting.
-- Parameters: region, project: where.
-- Returns retired_on as days since 1970, NULL when in service.
SELECT class, device, state, building, medium, multiplier, replaces, toInt32(retired_on) AS retired
FROM devices FINAL
WHERE region = {region:String} AND project = {project:String}
ORDER BY class, device
