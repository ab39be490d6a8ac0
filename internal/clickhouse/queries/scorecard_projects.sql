-- What the registry knows of projects that matters for comparing how they are run.
-- It takes no parameters. Retired projects are left out.
SELECT toString(region) AS region, project, toString(time_zone) AS time_zone, households
FROM projects FINAL
WHERE NOT retired
ORDER BY region, project
