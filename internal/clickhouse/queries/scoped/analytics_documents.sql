-- The documents of a run by kind, place and subject, without their bodies.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   job, run: of which run;
--   kinds: only these, [] for any;
--   region, project, subject: only these, '' for any;
--   type: only subjects that begin with it and a colon, '' for any;
--   per: 'company', 'region' or 'project' for those of such places, '' for any;
--   after_kind, after_region, after_project, after_subject: the key to begin with; limit, rows.
SELECT kind, region, project, subject, length(body) AS size
FROM analytics_documents FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND job = {job:String} AND run_id = {run:String}
    AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({subject:String} = '' OR subject = {subject:String})
    AND ({type:String} = '' OR startsWith(subject, concat({type:String}, ':')))
    AND ({per:String} = '' OR multiIf(region = '', 'company', project = '', 'region', 'project') = {per:String})
    AND (kind, region, project, subject) >= ({after_kind:String}, {after_region:String}, {after_project:String}, {after_subject:String})
ORDER BY kind, region, project, subject
LIMIT {limit:UInt64}
