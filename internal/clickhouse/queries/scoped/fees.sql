-- Fees as they are now, by month, and at the same time by place and id.
-- Parameters: scope_all, scope_regions, scope_projects: the caller's scope;
--   region, project, id: only these, '' for any;
--   sorts: only those of these kinds, [] for any;
--   state: 'open' for those of which less was paid than was due, 'closed' for the others, '' for both;
--   withdrawn: 1 for those that were withdrawn too;
--   from, to: Unix milliseconds, from <= month < to;
--   direction: 1 for the earliest first, -1 for the latest first;
--   after_ts, after_region, after_project, after_id: the key to begin with; limit, rows.
-- Returns times in Unix milliseconds and days as texts.
SELECT
    region, project, id,
    toUnixTimestamp64Milli(updated) AS updated_out, toUnixTimestamp64Milli(received) AS received_out, source, withdrawn,
    kind,
    ifNull(toString(month), '') AS month_out,
    due,
    paid,
    ifNull(toString(paid_on), '') AS paid_on_out
FROM fees FINAL
WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)}
        OR (region, project) IN {scope_projects:Array(Tuple(String, String))})
    AND ({region:String} = '' OR region = {region:String})
    AND ({project:String} = '' OR project = {project:String})
    AND ({id:String} = '' OR id = {id:String})
    AND (empty({sorts:Array(String)}) OR kind IN {sorts:Array(String)})
    AND ({withdrawn:UInt8} OR NOT withdrawn)
    AND ({state:String} = '' OR (paid < due) = ({state:String} = 'open'))
    AND toInt64(toUnixTimestamp(toDateTime(month, 'UTC'))) * 1000 >= {from:Int64} AND toInt64(toUnixTimestamp(toDateTime(month, 'UTC'))) * 1000 < {to:Int64}
    AND ({direction:Int8} * toInt64(toUnixTimestamp(toDateTime(month, 'UTC'))) * 1000, region, project, id)
        >= ({direction:Int8} * {after_ts:Int64}, {after_region:String}, {after_project:String}, {after_id:String})
ORDER BY {direction:Int8} * toInt64(toUnixTimestamp(toDateTime(month, 'UTC'))) * 1000, region, project, id
LIMIT {limit:UInt64}
