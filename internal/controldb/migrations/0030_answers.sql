-- +goose Up

-- Answers to requests that carried an idempotency key, to be given again when the
-- same request comes again. They live for a day.
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
