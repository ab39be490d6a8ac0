package api

import (
	"encoding/json"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// The incident of the document's examples: somebody is stuck in a lift, and a
// guard is on the way.

var exampleGuard = incident.Actor{Kind: "person", ID: "p7", Name: "li.wei"}

func exampleIncident() incident.Incident {
	minute := func(n int) *time.Time {
		t := exampleTime.Add(time.Duration(n) * time.Minute)
		return &t
	}
	received := exampleTime.Add(400 * time.Millisecond)
	answered := 60.0
	return incident.Incident{
		ID: "20261120-mfrggzdfmztwq2lk", Fingerprint: "entrapment north/harbour/elevator/e2", Rule: "entrapment", Kind: "entrapment",
		Title:    incident.Text{ZH: "电梯困人", EN: "Entrapment in a lift"},
		Runbook:  incident.Text{ZH: "先用对讲安抚乘客，再派持证人员到场。", EN: "Calm the passengers by intercom, then send certified staff."},
		Severity: telemetry.LifeSafety, Labels: map[string]string{},
		Place: authz.Place{Region: "north", Project: "harbour"}, Building: "b3", Class: telemetry.Elevator, Device: "e2",
		State: incident.Acknowledged, Group: "north/harbour/b3", Count: 1,
		Summary:   incident.Text{ZH: "3 号楼 2 号梯困人", EN: "Somebody is stuck in lift 2 of building 3"},
		StartedAt: exampleTime, Received: received,
		Stages: []incident.Stage{{State: incident.Acknowledged, At: *minute(1), Received: *minute(1), By: exampleGuard}},
		Clocks: []incident.Clock{
			{
				Standard: "entrapment-answered", Title: incident.Text{ZH: "困人应答", EN: "Entrapment answered"}, State: incident.Met, Limit: 180,
				StartedAt: &exampleTime, StartedRec: &received, Deadline: minute(3), StoppedAt: minute(1), StoppedRec: minute(1), Elapsed: &answered,
			},
			{
				Standard: "entrapment-on-site", Title: incident.Text{ZH: "救援到场", EN: "Rescue on site"}, State: incident.Running, Limit: 600,
				StartedAt: &exampleTime, StartedRec: &received, WarnAt: minute(7), Deadline: minute(10),
			},
		},
		Told:    []incident.Told{{At: received, Who: "harbour duty room", What: "opened"}},
		Version: 4, Seq: 4711, Updated: *minute(1),
	}
}

func exampleEntry() incident.Entry {
	i := exampleIncident()
	return incident.Entry{
		Seq: 4708, Incident: i.ID, N: 1, Kind: incident.EntryOpened, At: i.StartedAt, Received: i.Received, State: incident.Firing,
		Actor: incident.Actor{Kind: "device", ID: "north/harbour/elevator/e2", Name: "e2"},
		Data:  json.RawMessage(`{"message":{"topic":"property/north/harbour/elevator/e2/event","payload":{"event":"entrapment"}}}`),
		Hash:  exampleEntries.Items[0].Hash,
	}
}

func examplePending() map[string]any {
	value := 412.5
	return map[string]any{"more": false, "items": []PendingCondition{{
		Rule: "main-meter-overload", Title: incident.Text{ZH: "总表过载", EN: "Main meter overloaded"}, Severity: telemetry.Warning,
		Place: authz.Place{Region: "north", Project: "harbour"}, Building: "b3", Class: telemetry.Meter, Device: "m1",
		Since: exampleTime, FiresAt: exampleTime.Add(5 * time.Minute), Value: &value, Unit: "kW",
	}}}
}
