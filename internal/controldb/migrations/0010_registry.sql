-- +goose Up

-- What people keep of their estates. path is an object's place and name in one
-- ("north/harbour/meter/m1"); search holds the texts that are searched, in lower
-- case; revision grows with each change of anything, in order of commit.
CREATE TABLE registry_revision (value BIGINT NOT NULL);

INSERT INTO registry_revision (value) VALUES (0);

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
    revision      BIGINT           NOT NULL,
    UNIQUE (region, id)
);

CREATE INDEX projects_by_revision ON projects (revision);

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

-- Lists are read in the order of an index, so that a deep page costs what the
-- first does; only by other columns than the path, those of a region or project
-- are sorted, which are fewer.
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
    revision             BIGINT           NOT NULL,
    FOREIGN KEY (region, project) REFERENCES projects (region, id)
);

CREATE INDEX devices_by_region ON devices (region, path);

CREATE INDEX devices_by_project ON devices (region, project, path);

CREATE INDEX devices_by_revision ON devices (revision);

CREATE INDEX devices_by_name ON devices (name, path);

CREATE INDEX devices_by_state ON devices (state, path);

CREATE INDEX devices_by_update ON devices (updated_at, path);

CREATE INDEX devices_by_verification ON devices (verification_due_on, path);

CREATE INDEX devices_by_installation ON devices (installed_on, path);

CREATE INDEX devices_by_model ON devices (model, path);

CREATE INDEX devices_by_building ON devices (building, path);

-- The lists within devices once more, by what they point to.
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

-- Of devices in service: that of a retired one may be given to another.
CREATE TABLE device_externals (
    path     TEXT NOT NULL PRIMARY KEY, -- region/project/scheme=value
    region   TEXT NOT NULL,
    project  TEXT NOT NULL,
    device   TEXT NOT NULL, -- path
    identity TEXT NOT NULL  -- scheme=value
);

CREATE INDEX device_externals_by_device ON device_externals (device);

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
