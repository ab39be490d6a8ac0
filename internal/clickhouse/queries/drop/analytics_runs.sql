-- Removes what is kept of runs.
-- Parameters: runs: their ids.
DELETE FROM analytics_runs WHERE run_id IN {runs:Array(String)}
