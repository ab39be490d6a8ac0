-- The dictionary device_info: each device as the registry describes it now.
-- $ACCOUNT and $DATABASE are put in by the program, since a definition takes no parameters.
CREATE OR REPLACE DICTIONARY device_info
(
    region               String,
    project              String,
    class                String,
    device               String,
    state                String,
    name                 String,
    building             String,
    location             String,
    medium               String,
    model                String,
    vendor               String,
    serial               String,
    installed_on         Nullable(Date32),
    commissioned_on      Nullable(Date32),
    verification_due_on  Nullable(Date32),
    expected_life_years  Float64,
    replacement_cost_cny Float64,
    failure_cost_cny     Float64,
    multiplier           Float64,
    parent_meter         String,
    fed_by               Array(String)
)
PRIMARY KEY region, project, class, device
SOURCE(CLICKHOUSE($ACCOUNT DB '$DATABASE' QUERY 'SELECT region, project, class, device, state, name, building, location, medium, model, vendor, serial, installed_on, commissioned_on, verification_due_on, expected_life_years, replacement_cost_cny, failure_cost_cny, multiplier, parent_meter, fed_by FROM $DATABASE.devices FINAL'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 1 MAX 10)
