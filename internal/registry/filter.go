package registry

import "steward/internal/telemetry"

// RegionFilter narrows a list of regions. Its zero value is all in use.
type RegionFilter struct {
	Search  string // part of the id or name
	Retired bool   // also those that are retired
}

// ProjectFilter narrows a list of projects.
type ProjectFilter struct {
	Region  string
	Search  string // part of the id, name or address
	Retired bool   // also those that are retired
}

// BuildingFilter narrows a list of buildings.
type BuildingFilter struct {
	Region, Project string
	Search          string // part of the id or name
	Retired         bool   // also those that are retired
}

// DeviceFilter narrows a list of devices. What is empty does not narrow; what is
// given must match exactly, except for Search.
type DeviceFilter struct {
	Region, Project, Building string
	Class                     telemetry.Class
	States                    []State // any of them; all states when empty
	Medium, Model, Vendor     string
	Gateway, ParentMeter      string
	Search                    string // part of the id, name, serial, model or location, in any case
	VerificationDueBefore     Date   // exclusive; devices without a date never match
}
