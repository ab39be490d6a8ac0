package api

import (
	"github.com/danielgtaylor/huma/v2"
)

// What fields of the registry's objects mean. The types are the registry's, and
// know nothing of this document.
var explanations = map[string]map[string]string{
	"Region": {
		"id": "The region's segment of the MQTT topics.", "name": "As people call it.",
	},
	"Project": {
		"region": "The region of the project.", "id": "The project's segment of the MQTT topics.", "name": "As people call it.",
		"time_zone": "IANA name; Asia/Shanghai when empty.", "calendar": "Name of a calendar of holidays; cn when empty.",
		"tariff": "Name of a tariff.", "floor_area_m2": "m²; 0 when unknown.", "households": "0 when unknown.",
		"occupied_on": "Day of first occupancy.", "address": "In words.",
		"transformer_kva": "Of all transformers that the supplier charges for: by them goes the basic charge of some tariffs. 0 when unknown.",
	},
	"Building": {
		"region": "The region of the building.", "project": "The project of the building.", "id": "Within the project.", "name": "As people call it.",
		"floors": "0 when unknown.", "floor_area_m2": "m²; 0 when unknown.", "households": "0 when unknown.", "completed_on": "Day of completion.",
	},
	"Device": {
		"region": "Segment of the topics.", "project": "Segment of the topics.", "class": "Segment of the topics.", "id": "Segment of the topics.",
		"state": "pending, active, refused, retired or replaced. Changed by operations of its own.",
		"name":  "As people call it.", "building": "ID of a building of the project.", "location": "In words: floor, room, shaft.",
		"medium": "Of a meter: electricity, water, gas or heat.", "serial": "The manufacturer's number.", "contractor": "Who maintains it, and is judged by how soon somebody comes.",
		"externals":    "Identities in other systems and protocols: scheme to value, such as dl645 to 000012345678.",
		"installed_on": "Day.", "commissioned_on": "Day.", "verification_due_on": "Day by which a meter must be verified.",
		"expected_life_years": "0 when unknown.", "replacement_cost_cny": "Yuan.", "failure_cost_cny": "Yuan, of one failure with its damage.",
		"multiplier":   "Of a meter's register, CT times PT; 1 when empty.",
		"parent_meter": "ID of the meter of the project behind which this one is.", "fed_by": "Devices that this one needs to work, as class/id of the project.",
		"feeds": "Devices that need this one.", "gateway": "Name of the gateway's MQTT credential.",
		"replaced_by": "class/id of the project.", "replaces": "class/id of the project.", "retired_on": "Day.",
		"first_seen": "Of a message; absent when there was none.", "note": "In words.",
	},
	"ApprovalRule": {
		"region": "Empty for all.", "project": "Empty for all of the region.", "class": "Empty for all.", "pattern": "Of the device's id, with * and ?.", "note": "In words.",
	},
	"BulkResult":   {"matched": "Devices that were chosen.", "changed": "Of these, devices that are different now, or would be.", "problems": "Nothing was changed when there is any."},
	"ImportReport": {"rows": "Rows of the file.", "created": "New objects.", "updated": "Objects that are different now.", "unchanged": "Objects that were like that.", "problems": "Nothing was written when there is any.", "changes": "Of a dry run: the first 1,000 rows that would make or change an object."},
	"RowChange":    {"row": "As in the file, whose header is row 1.", "key": "The object.", "new": "The object is not there yet.", "fields": "The columns that would be different."},
	"RowProblem":   {"row": "As in the file, whose header is row 1.", "key": "The object.", "field": "The column.", "value": "As it was given.", "problem": "What is wrong and what would be right."},
}

// kept are fields that the registry itself keeps: whoever sends them back with an
// object changes nothing by it.
var kept = map[string]string{
	"version": "One more with each change; also the ETag.", "created_at": "When it was entered.", "updated_at": "When it was last changed.",
	"retired": "Out of use, kept for its history.",
}

func explain(schemas map[string]*huma.Schema) {
	for _, of := range []map[string]map[string]string{explanations, explanationsOfIncidents} {
		for name, fields := range of {
			if schema := schemas[name]; schema != nil {
				explainFields(schema, fields)
			}
		}
	}
}

func explainFields(schema *huma.Schema, fields map[string]string) {
	for field, property := range schema.Properties {
		if text := fields[field]; text != "" {
			property.Description = text
		}
		if text := kept[field]; text != "" {
			property.Description, property.ReadOnly = text, true
		}
	}
}
