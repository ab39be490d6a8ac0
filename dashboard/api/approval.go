package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// most devices of one request, and the room that their names take.
const (
	manyDevices    = 512 << 10
	fieldOfDevices = "devices"
)

type devicesNamed struct {
	Body struct {
		Devices []string `json:"devices" required:"true" minItems:"1" maxItems:"1000" doc:"As region/project/class/id." nullable:"false"`
	} `nameHint:"DeviceNames"`
}

type devicesOut struct {
	Body listBody[registry.Device]
}

type bulkEdit struct {
	DryRun bool `query:"dry_run" doc:"Only say what would change."`
	Body   struct {
		Devices []string                   `json:"devices" maxItems:"1000" doc:"As region/project/class/id; or else filter."`
		Filter  *DeviceFilter              `json:"filter,omitempty" doc:"All devices that match; instead of devices."`
		Set     map[string]json.RawMessage `json:"set" required:"true" minProperties:"1" maxProperties:"40" doc:"The fields of a device that are to be different, with their values."`
	} `nameHint:"EditDevices"`
}

type bulkOut struct{ Body registry.BulkResult }

type rulesIn struct{ PageIn }

type ruleCreate struct{ Body registry.ApprovalRule }

type ruleOut struct {
	Location string `header:"Location"`
	Body     registry.ApprovalRule
}

type rulePath struct {
	ID string `path:"rule" maxLength:"64" doc:"The rule."`
}

type nothing struct{}

var exampleRule = registry.ApprovalRule{
	ID: "k3v9", Region: "north", Project: "harbour", Class: telemetry.Meter, Pattern: "m*", Note: "三期水电表",
	CreatedAt: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC),
}

func (a *API) registerApproval() {
	named := map[string]any{fieldOfDevices: []string{"north/harbour/meter/m1"}}
	register(a, authz.Configure, operation{
		ID: "approve-devices", Method: http.MethodPost, Path: "/devices/approve", Tag: "Devices", Summary: "Approve devices that wait for it",
		Description: "Pending and refused devices become active; all of them or none.", MaxBody: manyDevices,
		Request: named, Answer: listBody[registry.Device]{Items: []registry.Device{exampleDevice}},
	}, func(ctx context.Context, c caller, in *devicesNamed) (*devicesOut, error) {
		return changeNamed(ctx, in, a.as(c).ApproveDevices)
	})
	register(a, authz.Configure, operation{
		ID: "refuse-devices", Method: http.MethodPost, Path: "/devices/refuse", Tag: "Devices", Summary: "Refuse devices that wait for approval",
		Description: "What they publish is quarantined from then on; all of them or none.", MaxBody: manyDevices,
		Request: named, Answer: listBody[registry.Device]{Items: []registry.Device{exampleDevice}},
	}, func(ctx context.Context, c caller, in *devicesNamed) (*devicesOut, error) {
		return changeNamed(ctx, in, a.as(c).RefuseDevices)
	})
	register(a, authz.Configure, operation{
		ID: "edit-devices", Method: http.MethodPost, Path: "/devices/bulk", Tag: "Devices", Summary: "Change the same fields of many devices",
		Description: "All of them or none.", MaxBody: manyDevices, Heavy: true, Timeout: 2 * time.Minute,
		Request: map[string]any{"filter": map[string]any{"region": "north", "project": "harbour", "class": "meter", "model": "DTZ341"}, "set": map[string]any{"verification_due_on": "2027-05-10"}},
		Answer:  registry.BulkResult{Matched: 212, Changed: 208, Problems: []registry.RowProblem{}},
	}, func(ctx context.Context, c caller, in *bulkEdit) (*bulkOut, error) {
		edit := registry.BulkEdit{Set: in.Body.Set, DryRun: in.DryRun}
		switch {
		case (len(in.Body.Devices) > 0) == (in.Body.Filter != nil):
			return nil, invalid(fieldOfDevices, "", "say which devices: either by name, or by a filter")
		case in.Body.Filter != nil:
			f := in.Body.Filter.registry()
			edit.Filter = &f
		default:
			refs, err := refsOf(in.Body.Devices)
			if err != nil {
				return nil, err
			}
			edit.Refs = refs
		}
		result, err := a.as(c).EditDevices(ctx, edit)
		if result.Problems == nil {
			result.Problems = []registry.RowProblem{}
		}
		return &bulkOut{result}, err
	})
	register(a, authz.Read, operation{
		ID: "list-approval-rules", Method: http.MethodGet, Path: "/approval-rules", Tag: "Devices", Summary: "List the rules by which devices are approved",
		Answer: listBody[registry.ApprovalRule]{Items: []registry.ApprovalRule{exampleRule}},
	}, func(ctx context.Context, c caller, in *rulesIn) (*listOut[registry.ApprovalRule], error) {
		l, err := a.as(c).ApprovalRules(ctx, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Configure, operation{
		ID: "create-approval-rule", Method: http.MethodPost, Path: "/approval-rules", Tag: "Devices", Summary: "Create a rule by which devices are approved",
		Description: "Devices that publish and that it matches become active without waiting, also those that wait already.",
		Status:      http.StatusCreated, Request: registry.ApprovalRule{Region: "north", Project: "harbour", Class: telemetry.Meter, Pattern: "m*", Note: "三期水电表"}, Answer: exampleRule,
	}, func(ctx context.Context, c caller, in *ruleCreate) (*ruleOut, error) {
		r, err := a.as(c).CreateApprovalRule(ctx, in.Body)
		return &ruleOut{Location: Prefix + "/approval-rules/" + r.ID, Body: r}, err
	})
	register(a, authz.Configure, operation{
		ID: "delete-approval-rule", Method: http.MethodDelete, Path: "/approval-rules/{rule}", Tag: "Devices", Summary: "Delete a rule by which devices are approved",
		Description: "Devices that it approved stay approved.",
	}, func(ctx context.Context, c caller, in *rulePath) (*nothing, error) {
		return &nothing{}, a.as(c).DeleteApprovalRule(ctx, in.ID)
	})
}

func changeNamed(ctx context.Context, in *devicesNamed, do func(context.Context, []telemetry.Device) ([]registry.Device, error)) (*devicesOut, error) {
	refs, err := refsOf(in.Body.Devices)
	if err != nil {
		return nil, err
	}
	changed, err := do(ctx, refs)
	if changed == nil {
		changed = []registry.Device{}
	}
	return &devicesOut{listBody[registry.Device]{Items: changed}}, err
}

// refsOf reads devices as region/project/class/id.
func refsOf(names []string) ([]telemetry.Device, error) {
	refs := make([]telemetry.Device, len(names))
	for i, name := range names {
		ref, err := refOf(name)
		if err != nil {
			return nil, invalid(fmt.Sprintf("%s[%d]", fieldOfDevices, i), name, "%v", err)
		}
		refs[i] = ref
	}
	return refs, nil
}

func refOf(name string) (telemetry.Device, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 4 {
		return telemetry.Device{}, errors.New("is not of the form region/project/class/id")
	}
	for _, i := range []int{0, 1, 3} {
		if err := telemetry.CheckSegment(parts[i]); err != nil {
			return telemetry.Device{}, err
		}
	}
	class, err := telemetry.ParseClass(parts[2])
	return telemetry.Device{Region: parts[0], Project: parts[1], Class: class, ID: parts[3]}, err
}
