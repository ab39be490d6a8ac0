-- +goose Up

-- By how large a project's transformers are its basic charge for electricity may go;
-- 0 when unknown.
ALTER TABLE projects ADD COLUMN transformer_kva DOUBLE PRECISION NOT NULL DEFAULT 0;
