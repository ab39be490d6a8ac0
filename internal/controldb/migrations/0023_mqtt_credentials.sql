-- +goose Up

-- A name and password at the MQTT broker.
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

CREATE UNIQUE INDEX mqtt_credentials_by_name ON mqtt_credentials (name) WHERE revoked_at IS NULL;

CREATE INDEX mqtt_credentials_by_change ON mqtt_credentials (changed);

CREATE INDEX mqtt_credentials_by_place ON mqtt_credentials (region, project, name);
