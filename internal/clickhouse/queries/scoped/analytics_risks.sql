-- The devices that are most likely to fail, as a run of the job lifetimes forecasts it,
-- from its documents "prospects"; those without a forecast are left out.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   job, run: of which run;
--   by: 'fail_90d' or 'fail_365d', by which they are ranked;
--   region, project, class: only these, '' for any; limit, rows.
SELECT region, project, entry
FROM (
    SELECT region, project, arrayJoin(JSONExtractArrayRaw(body, 'devices')) AS entry
    FROM analytics_documents FINAL
    WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
            OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
        AND job = {job:String} AND run_id = {run:String} AND kind = 'prospects'
        AND ({region:String} = '' OR region = {region:String})
        AND ({project:String} = '' OR project = {project:String})
)
WHERE ({class:String} = '' OR JSONExtractString(entry, 'class') = {class:String})
    AND isNotNull(JSONExtract(entry, {by:String}, 'value', 'Nullable(Float64)'))
ORDER BY JSONExtract(entry, {by:String}, 'value', 'Nullable(Float64)') DESC,
    region, project, JSONExtractString(entry, 'class'), JSONExtractString(entry, 'device')
LIMIT {limit:UInt64}
