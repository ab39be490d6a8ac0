-- One document of a run with its body.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   job, run: of which run; kind, region, project, subject: its whole name, '' for what it has none of.
SELECT region, project, body
FROM analytics_documents FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND job = {job:String} AND run_id = {run:String} AND kind = {kind:String}
    AND region = {region:String} AND project = {project:String} AND subject = {subject:String}
LIMIT 1
