-- Electricity that buildings used, of all projects.
-- Parameters: from, to: days, such as 2026-10-01; to is not included.
-- A meter behind another one of the same building is left out: that one counts its
-- use too. hours is how many of it are known; points is how many meters there are
-- side by side, of which one and its successors are one.
SELECT
    toString(c.region) AS region, toString(c.project) AS project, toString(c.building) AS building,
    sum(c.value) AS kwh, sum(toFloat64(c.hours)) AS hours, uniqExact(c.point) AS points
FROM consumption_1d AS c FINAL
LEFT JOIN
(
    SELECT d.region AS region, d.project AS project, d.device AS device
    FROM devices AS d FINAL
    INNER JOIN devices AS p FINAL ON p.region = d.region AND p.project = d.project AND p.class = d.class AND p.device = d.parent_meter
    WHERE d.class = 'meter' AND d.parent_meter != '' AND d.parent_meter != d.device AND p.building = d.building
) AS sub ON sub.region = c.region AND sub.project = c.project AND sub.device = toString(c.device)
WHERE c.class = 'meter' AND c.metric = 'energy_kwh' AND c.medium IN ('electricity', '') AND c.building != ''
    AND c.day >= toDateOrZero({from:String}) AND c.day < toDateOrZero({to:String})
    AND sub.device = ''
GROUP BY region, project, building
ORDER BY region, project, building
