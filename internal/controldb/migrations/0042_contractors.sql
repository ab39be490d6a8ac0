-- +goose Up

-- Who maintains a device by contract, which is seldom who made it; empty when unknown.
ALTER TABLE devices ADD COLUMN contractor TEXT NOT NULL DEFAULT '';
