CREATE TABLE alert_rules (
    path       TEXT      NOT NULL PRIMARY KEY, -- the name
    name       TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    text       TEXT      NOT NULL, -- YAML
    mode       TEXT      NOT NULL, -- empty for that of the text
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE TABLE answers (
    principal  TEXT      NOT NULL,
    request    TEXT      NOT NULL,
    digest     TEXT      NOT NULL,
    state      TEXT      NOT NULL,
    status     BIGINT    NOT NULL,
    header     TEXT      NOT NULL,
    body       TEXT      NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (principal, request)
);

CREATE INDEX answers_by_expiry ON answers (expires_at);

CREATE TABLE approval_rules (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    class      TEXT      NOT NULL, -- empty for all
    pattern    TEXT      NOT NULL,
    note       TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE audit (
    seq         BIGINT    NOT NULL PRIMARY KEY,
    at          TIMESTAMP NOT NULL,
    actor_kind  TEXT      NOT NULL,
    actor_id    TEXT      NOT NULL,
    actor_name  TEXT      NOT NULL,
    remote      TEXT      NOT NULL,
    action      TEXT      NOT NULL,
    kind        TEXT      NOT NULL,
    object      TEXT      NOT NULL,
    region      TEXT      NOT NULL,
    project     TEXT      NOT NULL,
    before_json TEXT      NOT NULL,
    after_json  TEXT      NOT NULL,
    hash        TEXT      NOT NULL
);

CREATE INDEX audit_by_actor ON audit (actor_id, seq);

CREATE INDEX audit_by_object ON audit (kind, object, seq);

CREATE INDEX audit_by_place ON audit (region, project, seq);

CREATE TABLE buildings (
    path          TEXT             NOT NULL PRIMARY KEY,
    region        TEXT             NOT NULL,
    project       TEXT             NOT NULL,
    id            TEXT             NOT NULL,
    name          TEXT             NOT NULL,
    floors        BIGINT           NOT NULL,
    floor_area_m2 DOUBLE PRECISION NOT NULL,
    households    BIGINT           NOT NULL,
    completed_on  TEXT             NOT NULL,
    version       BIGINT           NOT NULL,
    created_at    TIMESTAMP        NOT NULL,
    updated_at    TIMESTAMP        NOT NULL,
    retired       BOOLEAN          NOT NULL,
    search        TEXT             NOT NULL,
    revision      BIGINT           NOT NULL,
    FOREIGN KEY (region, project) REFERENCES projects (region, id)
);

CREATE INDEX buildings_by_project ON buildings (region, project, path);

CREATE TABLE device_externals (
    path     TEXT NOT NULL PRIMARY KEY, -- region/project/scheme=value
    region   TEXT NOT NULL,
    project  TEXT NOT NULL,
    device   TEXT NOT NULL, -- path
    identity TEXT NOT NULL  -- scheme=value
);

CREATE INDEX device_externals_by_device ON device_externals (device);

CREATE TABLE device_links (
    path    TEXT NOT NULL PRIMARY KEY,
    region  TEXT NOT NULL,
    project TEXT NOT NULL,
    device  TEXT NOT NULL, -- path
    kind    TEXT NOT NULL, -- parent or feed
    source  TEXT NOT NULL  -- path of the parent meter, or of what feeds the device
);

CREATE INDEX device_links_by_device ON device_links (device);

CREATE INDEX device_links_by_source ON device_links (source);

CREATE TABLE devices (
    path                 TEXT             NOT NULL PRIMARY KEY,
    region               TEXT             NOT NULL,
    project              TEXT             NOT NULL,
    class                TEXT             NOT NULL,
    id                   TEXT             NOT NULL,
    state                TEXT             NOT NULL,
    name                 TEXT             NOT NULL,
    building             TEXT             NOT NULL,
    location             TEXT             NOT NULL,
    medium               TEXT             NOT NULL,
    model                TEXT             NOT NULL,
    vendor               TEXT             NOT NULL,
    serial               TEXT             NOT NULL,
    externals            TEXT             NOT NULL, -- JSON
    installed_on         TEXT             NOT NULL,
    commissioned_on      TEXT             NOT NULL,
    verification_due_on  TEXT             NOT NULL,
    expected_life_years  DOUBLE PRECISION NOT NULL,
    replacement_cost_cny DOUBLE PRECISION NOT NULL,
    failure_cost_cny     DOUBLE PRECISION NOT NULL,
    multiplier           DOUBLE PRECISION NOT NULL,
    parent_meter         TEXT             NOT NULL,
    fed_by               TEXT             NOT NULL, -- JSON
    gateway              TEXT             NOT NULL,
    replaced_by          TEXT             NOT NULL,
    replaces             TEXT             NOT NULL,
    retired_on           TEXT             NOT NULL,
    first_seen           TIMESTAMP        NOT NULL,
    note                 TEXT             NOT NULL,
    version              BIGINT           NOT NULL,
    created_at           TIMESTAMP        NOT NULL,
    updated_at           TIMESTAMP        NOT NULL,
    retired              BOOLEAN          NOT NULL,
    search               TEXT             NOT NULL,
    revision             BIGINT           NOT NULL, contractor TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (region, project) REFERENCES projects (region, id)
);

CREATE INDEX devices_by_building ON devices (building, path);

CREATE INDEX devices_by_installation ON devices (installed_on, path);

CREATE INDEX devices_by_model ON devices (model, path);

CREATE INDEX devices_by_name ON devices (name, path);

CREATE INDEX devices_by_project ON devices (region, project, path);

CREATE INDEX devices_by_region ON devices (region, path);

CREATE INDEX devices_by_revision ON devices (revision);

CREATE INDEX devices_by_state ON devices (state, path);

CREATE INDEX devices_by_update ON devices (updated_at, path);

CREATE INDEX devices_by_verification ON devices (verification_due_on, path);

CREATE TABLE grants (
    holder  TEXT NOT NULL,
    role    TEXT NOT NULL,
    region  TEXT NOT NULL,
    project TEXT NOT NULL,
    PRIMARY KEY (holder, region, project, role)
);

CREATE INDEX grants_by_place ON grants (region, project, holder);

CREATE TABLE identity_keys (
    name   TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL -- base64
);

CREATE TABLE lockouts (
    account      TEXT      NOT NULL PRIMARY KEY,
    failures     BIGINT    NOT NULL,
    last_at      TIMESTAMP NOT NULL,
    locked_until TIMESTAMP
);

CREATE INDEX lockouts_by_age ON lockouts (last_at);

CREATE TABLE mqtt_credentials (
    id           TEXT      NOT NULL PRIMARY KEY,
    name         TEXT      NOT NULL, -- the user name; begins with region.project
    kind         TEXT      NOT NULL, -- device, project or gateway
    region       TEXT      NOT NULL,
    project      TEXT      NOT NULL,
    class        TEXT      NOT NULL, -- of a device
    device       TEXT      NOT NULL, -- of a device
    children     TEXT      NOT NULL, -- of a gateway: class/id, one a line
    hash         TEXT      NOT NULL, -- as in a Mosquitto password file
    note         TEXT      NOT NULL,
    version      BIGINT    NOT NULL, -- one more when the password or the rights change
    created_by   TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    revoked_at   TIMESTAMP,
    changed      BIGINT    NOT NULL  -- the audit entry of the last change, by which others learn of it
);

CREATE INDEX mqtt_credentials_by_change ON mqtt_credentials (changed);

CREATE UNIQUE INDEX mqtt_credentials_by_name ON mqtt_credentials (name) WHERE revoked_at IS NULL;

CREATE INDEX mqtt_credentials_by_place ON mqtt_credentials (region, project, name);

CREATE TABLE oncall_overrides (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL,
    schedule   TEXT      NOT NULL,
    contact    TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    "from"     TIMESTAMP NOT NULL,
    until      TIMESTAMP NOT NULL,
    note       TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE INDEX oncall_overrides_by_end ON oncall_overrides (until);

CREATE TABLE people (
    id             TEXT      NOT NULL PRIMARY KEY,
    login          TEXT      NOT NULL UNIQUE, -- lower case
    name           TEXT      NOT NULL,
    email          TEXT      NOT NULL, -- lower case; empty when there is none
    search         TEXT      NOT NULL, -- login, name and email in lower case
    password       TEXT      NOT NULL, -- an argon2id PHC string; empty when there is none
    must_change    BOOLEAN   NOT NULL,
    disabled       BOOLEAN   NOT NULL,
    oidc_subject   TEXT      NOT NULL, -- issuer and subject, once signed in that way
    oidc_managed   BOOLEAN   NOT NULL, -- made by the provider, which keeps the grants
    last_sign_in   TIMESTAMP,
    version        BIGINT    NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL
);

CREATE UNIQUE INDEX people_by_email ON people (email) WHERE email <> '';

CREATE INDEX people_by_name ON people (name, id);

CREATE UNIQUE INDEX people_by_oidc_subject ON people (oidc_subject) WHERE oidc_subject <> '';

CREATE TABLE projects (
    path          TEXT             NOT NULL PRIMARY KEY,
    region        TEXT             NOT NULL REFERENCES regions (id),
    id            TEXT             NOT NULL,
    name          TEXT             NOT NULL,
    time_zone     TEXT             NOT NULL,
    calendar      TEXT             NOT NULL,
    tariff        TEXT             NOT NULL,
    floor_area_m2 DOUBLE PRECISION NOT NULL,
    households    BIGINT           NOT NULL,
    occupied_on   TEXT             NOT NULL,
    address       TEXT             NOT NULL,
    version       BIGINT           NOT NULL,
    created_at    TIMESTAMP        NOT NULL,
    updated_at    TIMESTAMP        NOT NULL,
    retired       BOOLEAN          NOT NULL,
    search        TEXT             NOT NULL,
    revision      BIGINT           NOT NULL, transformer_kva DOUBLE PRECISION NOT NULL DEFAULT 0,
    UNIQUE (region, id)
);

CREATE INDEX projects_by_revision ON projects (revision);

CREATE TABLE regions (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL UNIQUE,
    name       TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE TABLE registry_revision (value BIGINT NOT NULL);

CREATE TABLE responders (
    path       TEXT      NOT NULL PRIMARY KEY,
    id         TEXT      NOT NULL,
    name       TEXT      NOT NULL,
    region     TEXT      NOT NULL, -- empty for all
    project    TEXT      NOT NULL, -- empty for all of the region
    card       TEXT      NOT NULL, -- the keyed hash
    note       TEXT      NOT NULL,
    version    BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    retired    BOOLEAN   NOT NULL,
    search     TEXT      NOT NULL,
    revision   BIGINT    NOT NULL
);

CREATE INDEX responders_by_card ON responders (card);

CREATE TABLE sessions (
    id             TEXT      NOT NULL PRIMARY KEY,
    person         TEXT      NOT NULL REFERENCES people (id),
    via            TEXT      NOT NULL, -- password or oidc
    secret         TEXT      NOT NULL UNIQUE,
    next_secret    TEXT      NOT NULL, -- empty unless it is being changed
    salt           TEXT      NOT NULL, -- makes the next secret out of the present one
    previous       TEXT      NOT NULL, -- the secret before
    previous_until TIMESTAMP,          -- until when that one is good
    rotated_at     TIMESTAMP NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    seen_at        TIMESTAMP NOT NULL,
    expires_at     TIMESTAMP NOT NULL,
    remote         TEXT      NOT NULL,
    user_agent     TEXT      NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE INDEX sessions_by_next_secret ON sessions (next_secret);

CREATE INDEX sessions_by_person ON sessions (person, seen_at);

CREATE INDEX sessions_by_previous ON sessions (previous);

CREATE TABLE silences (
    path        TEXT      NOT NULL PRIMARY KEY,
    id          TEXT      NOT NULL,
    region      TEXT      NOT NULL, -- empty for all
    project     TEXT      NOT NULL, -- empty for all of the region
    building    TEXT      NOT NULL,
    class       TEXT      NOT NULL,
    device      TEXT      NOT NULL,
    rule        TEXT      NOT NULL,
    "from"      TIMESTAMP NOT NULL,
    until       TIMESTAMP NOT NULL,
    days        TEXT      NOT NULL, -- JSON
    start       TEXT      NOT NULL, -- HH:MM
    "end"       TEXT      NOT NULL, -- HH:MM
    time_zone   TEXT      NOT NULL,
    life_safety BOOLEAN   NOT NULL,
    reason      TEXT      NOT NULL,
    version     BIGINT    NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    retired     BOOLEAN   NOT NULL,
    search      TEXT      NOT NULL,
    revision    BIGINT    NOT NULL
);

CREATE INDEX silences_by_end ON silences (until);

CREATE TABLE tokens (
    id           TEXT      NOT NULL PRIMARY KEY,
    name         TEXT      NOT NULL,
    search       TEXT      NOT NULL, -- the name in lower case
    prefix       TEXT      NOT NULL, -- how the secret begins
    secret       TEXT      NOT NULL UNIQUE,
    created_by   TEXT      NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    revoked_at   TIMESTAMP
);

CREATE INDEX tokens_by_name ON tokens (name, id);

