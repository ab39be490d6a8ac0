-- The numbers of two runs side by side, by kind, place, building and subject.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   job: of both runs; run, against: the one and the one to compare it with;
--   changed: 1 for those alone that differ;
--   kinds: only these, [] for any;
--   region, project, building, subject: only these, '' for any;
--   type: only subjects that begin with it and a colon, '' for any;
--   per: 'company', 'region' or 'project' for those of such places, '' for any;
--   after_kind, after_region, after_project, after_building, after_subject: the key to begin with; limit, rows.
-- Returns is_there and was_there: whether run and against have the number.
SELECT
    kind, region, project, building, subject, any(unit) AS unit_of,
    max(run_id = {run:String}) AS is_there,
    anyIf(value, run_id = {run:String}) AS is_value,
    anyIf(low, run_id = {run:String}) AS is_low,
    anyIf(high, run_id = {run:String}) AS is_high,
    anyIf(n, run_id = {run:String}) AS is_n,
    max(run_id = {against:String}) AS was_there,
    anyIf(value, run_id = {against:String}) AS was_value,
    anyIf(low, run_id = {against:String}) AS was_low,
    anyIf(high, run_id = {against:String}) AS was_high,
    anyIf(n, run_id = {against:String}) AS was_n
FROM analytics_numbers FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND job = {job:String} AND run_id IN ({run:String}, {against:String})
    AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({building:String} = '' OR building = {building:String})
    AND ({subject:String} = '' OR subject = {subject:String})
    AND ({type:String} = '' OR startsWith(subject, concat({type:String}, ':')))
    AND ({per:String} = '' OR multiIf(region = '', 'company', project = '', 'region', 'project') = {per:String})
    AND (kind, region, project, building, subject)
        >= ({after_kind:String}, {after_region:String}, {after_project:String}, {after_building:String}, {after_subject:String})
GROUP BY kind, region, project, building, subject
HAVING NOT {changed:UInt8}
    OR is_there != was_there
    OR (isNull(is_value), ifNull(is_value, 0), isNull(is_low), ifNull(is_low, 0), isNull(is_high), ifNull(is_high, 0), is_n)
        != (isNull(was_value), ifNull(was_value, 0), isNull(was_low), ifNull(was_low, 0), isNull(was_high), ifNull(was_high, 0), was_n)
ORDER BY kind, region, project, building, subject
LIMIT {limit:UInt64}
