-- +goose Up

-- Who did what to which object: append-only, each entry sealed with the hash of
-- the one before. Places and objects are kept as text, so that an entry outlives
-- what it speaks of.
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

CREATE INDEX audit_by_object ON audit (kind, object, seq);

CREATE INDEX audit_by_place ON audit (region, project, seq);

CREATE INDEX audit_by_actor ON audit (actor_id, seq);
