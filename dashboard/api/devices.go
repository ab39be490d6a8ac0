package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

type DevicePath struct {
	ProjectPath
	Class  string `path:"class" enum:"meter,elevator,fire,access" example:"meter" doc:"The class."`
	Device string `path:"device" pattern:"^[a-z0-9][a-z0-9_-]{0,63}$" example:"m1" doc:"The device."`
}

func (p DevicePath) ref() telemetry.Device {
	return telemetry.Device{Region: p.Region, Project: p.Project, Class: telemetry.Class(p.Class), ID: p.Device}
}

// DeviceFilter is how devices are chosen, in the address of a list and in the
// body of a bulk edit.
type DeviceFilter struct {
	Region      string           `json:"region" query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project     string           `json:"project" query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Building    string           `json:"building" query:"building" maxLength:"64" doc:"Only those of this building."`
	Class       string           `json:"class" query:"class" enum:"meter,elevator,fire,access" doc:"Only those of this class."`
	State       []registry.State `json:"state" query:"state" enum:"pending,active,refused,retired,replaced" maxItems:"5" doc:"Only those in one of these states."`
	Medium      string           `json:"medium" query:"medium" maxLength:"64" doc:"Only meters of this medium."`
	Model       string           `json:"model" query:"model" maxLength:"200" doc:"Only those of this model."`
	Vendor      string           `json:"vendor" query:"vendor" maxLength:"200" doc:"Only those of this vendor."`
	Gateway     string           `json:"gateway" query:"gateway" maxLength:"200" doc:"Only those behind this gateway."`
	ParentMeter string           `json:"parent_meter" query:"parent_meter" maxLength:"64" doc:"Only those behind this meter."`
	Search      string           `json:"search" query:"search" maxLength:"200" doc:"Part of the id, name, serial number, model or location, in any case."`
	DueBefore   string           `json:"verification_due_before" query:"verification_due_before" maxLength:"10" doc:"Only those that must be verified before this day." example:"2027-01-01"`
}

func (f DeviceFilter) registry() registry.DeviceFilter {
	return registry.DeviceFilter{
		Region: f.Region, Project: f.Project, Building: f.Building, Class: telemetry.Class(f.Class), States: f.State,
		Medium: f.Medium, Model: f.Model, Vendor: f.Vendor, Gateway: f.Gateway, ParentMeter: f.ParentMeter,
		Search: f.Search, VerificationDueBefore: registry.Date(f.DueBefore),
	}
}

type devicesIn struct {
	SortedIn
	DeviceFilter
	Connection string `query:"connection" enum:"online,offline,unknown" doc:"Only those of this connection; unknown while the broker has not said. A page may have fewer items than there are, or none, and a next all the same."`
	Total      bool   `query:"total" doc:"Count also those of the other pages, of any connection."`
}

type facetsOut struct{ Body registry.Facets }

type deviceGet struct {
	DevicePath
	Conditional
}

type deviceCreate struct{ Body registry.Device }

type deviceUpdate struct {
	DevicePath
	Guarded
	Body registry.Device
}

type devicePatch struct {
	DevicePath
	Guarded
	Body patch `contentType:"application/merge-patch+json"`
}

type deviceRetire struct {
	DevicePath
	Guarded
	Body struct {
		On   registry.Date `json:"on" maxLength:"10" doc:"Day; today when empty." example:"2026-11-20"`
		Note string        `json:"note" maxLength:"2000" doc:"Why."`
	} `nameHint:"RetireDevice"`
}

type deviceReplace struct {
	DevicePath
	Guarded
	Body struct {
		By registry.Device `json:"by" required:"true" doc:"The new device, of the same class and project. What it leaves empty of place, building, multiplier, parent meter and fed_by it takes over."`
		On registry.Date   `json:"on" maxLength:"10" doc:"Day; today when empty." example:"2026-11-20"`
	} `nameHint:"ReplaceDevice"`
}

type deviceReplaced struct {
	Was registry.Device `json:"was"`
	Is  registry.Device `json:"is"`
}

type deviceHistory struct {
	DevicePath
	PageIn
}

var exampleDevice = registry.Device{
	Region: "north", Project: "harbour", Class: telemetry.Meter, ID: "m1", State: registry.Active, Name: "3 号楼总表", Building: "b3",
	Location: "B1 配电间", Medium: "electricity", Model: "DTZ341", Vendor: "威胜", Serial: "2019-004417", Contractor: "恒信维保",
	Externals: map[string]string{"dl645": "000012345678"}, InstalledOn: "2019-05-10", CommissionedOn: "2019-05-12", VerificationDue: "2027-05-10",
	ExpectedLife: 10, ReplacementCost: 680, FailureCost: 5000, Multiplier: 60, FedBy: []string{}, Feeds: []string{},
	FirstSeen: time.Date(2026, 3, 2, 1, 4, 9, 0, time.UTC), Meta: exampleMeta,
}

func newDevice() registry.Device {
	d := exampleDevice
	d.Meta, d.Feeds, d.State, d.FirstSeen = registry.Meta{}, nil, "", time.Time{}
	return d
}

const oneDevice = "/devices/{region}/{project}/{class}/{device}"

func (a *API) registerDevices() {
	register(a, authz.Read, operation{
		ID: "list-devices", Method: http.MethodGet, Path: "/devices", Tag: "Devices", Summary: "List devices",
		Description: "Sorted by id, name, state, updated_at, verification_due_on, installed_on, model or building.",
		Answer:      listBody[registry.Device]{Items: []registry.Device{exampleDevice}},
	}, func(ctx context.Context, c caller, in *devicesIn) (*listOut[registry.Device], error) {
		f := in.registry()
		var l registry.List[registry.Device]
		var err error
		if in.Connection == "" {
			l, err = a.as(c).Devices(ctx, f, in.page())
		} else {
			l, err = a.devicesBy(ctx, c, f, in.page(), in.Connection)
		}
		if err != nil {
			return nil, err
		}
		out := list(ctx, l.Items, l.Next)
		if in.Total {
			total, err := a.as(c).CountDevices(ctx, f)
			if err != nil {
				return nil, err
			}
			out.Body.Total = &total
		}
		return out, nil
	})
	register(a, authz.Read, operation{
		ID: "device-facets", Method: http.MethodGet, Path: "/devices/facets", Tag: "Devices", Summary: "See by what devices can be narrowed",
		Description: "How many devices have each class, state, medium, model, vendor and building, the most frequent first, 200 of each at most. " +
			"The filter holds for all fields but the one that is counted.",
		Answer: registry.Facets{
			Class: []registry.Tally{{Value: "meter", Count: 212}}, State: []registry.Tally{{Value: "active", Count: 208}}, Medium: []registry.Tally{{Value: "electricity", Count: 140}},
			Model: []registry.Tally{{Value: "DTZ341", Count: 140}}, Vendor: []registry.Tally{{Value: "威胜", Count: 140}}, Building: []registry.Tally{{Value: "b3", Count: 60}},
		},
	}, func(ctx context.Context, c caller, in *DeviceFilter) (*facetsOut, error) {
		facets, err := a.as(c).DeviceFacets(ctx, in.registry())
		return &facetsOut{facets}, err
	})
	register(a, authz.Configure, operation{
		ID: "create-device", Method: http.MethodPost, Path: "/devices", Tag: "Devices", Summary: "Create a device",
		Status: http.StatusCreated, Request: newDevice(), Answer: exampleDevice,
	}, func(ctx context.Context, c caller, in *deviceCreate) (*objectOut[registry.Device], error) {
		d, err := a.as(c).CreateDevice(ctx, in.Body)
		return created(d, d.Version, "devices", d.Region, d.Project, string(d.Class), d.ID), err
	})
	register(a, authz.Read, operation{
		ID: "get-device", Method: http.MethodGet, Path: oneDevice, Tag: "Devices", Summary: "Read a device", Answer: exampleDevice,
	}, func(ctx context.Context, c caller, in *deviceGet) (*objectOut[registry.Device], error) {
		d, err := a.as(c).Device(ctx, in.ref())
		return object(d, d.Version, in.Conditional), err
	})
	register(a, authz.Configure, operation{
		ID: "replace-device-fields", Method: http.MethodPut, Path: oneDevice, Tag: "Devices", Summary: "Change a device, giving all of its fields",
		Request: newDevice(), Answer: exampleDevice,
	}, func(ctx context.Context, c caller, in *deviceUpdate) (*objectOut[registry.Device], error) {
		return a.updateDevice(ctx, c, in.DevicePath, in.Guarded, in.Body)
	})
	register(a, authz.Configure, operation{
		ID: "update-device", Method: http.MethodPatch, Path: oneDevice, Tag: "Devices", Summary: "Change fields of a device",
		Description: mergePatch, Request: map[string]any{"location": "B2 配电间", "externals": map[string]any{"dl645": "000012345679"}}, Answer: exampleDevice,
	}, func(ctx context.Context, c caller, in *devicePatch) (*objectOut[registry.Device], error) {
		present, err := a.as(c).Device(ctx, in.ref())
		if err != nil {
			return nil, err
		}
		changed, err := applied(present, in.Body)
		if err != nil {
			return nil, err
		}
		return a.updateDevice(ctx, c, in.DevicePath, in.Guarded, changed)
	})
	register(a, authz.Configure, operation{
		ID: "retire-device", Method: http.MethodPost, Path: oneDevice + "/retire", Tag: "Devices", Summary: "Take a device out of service for good",
		Description: "Its history and measurements are kept. What it still publishes is stored.",
		Request:     map[string]any{"on": "2026-11-20", "note": "拆除"}, Answer: exampleDevice,
	}, func(ctx context.Context, c caller, in *deviceRetire) (*objectOut[registry.Device], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		d, err := a.as(c).RetireDevice(ctx, in.ref(), version, in.Body.On, in.Body.Note)
		return object(d, d.Version, Conditional{}), err
	})
	register(a, authz.Configure, operation{
		ID: "replace-device", Method: http.MethodPost, Path: oneDevice + "/replace", Tag: "Devices", Summary: "Replace a device by a new one",
		Description: "What pointed to the old device points to the new one from then on.",
		Request:     map[string]any{"by": map[string]any{"id": "m1b", "model": "DTZ541", "serial": "2026-001208"}, "on": "2026-11-20"},
		Answer:      deviceReplaced{Was: exampleDevice, Is: exampleDevice},
	}, func(ctx context.Context, c caller, in *deviceReplace) (*objectOut[deviceReplaced], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		by := in.Body.By
		if err := errors.Join(same("by.region", &by.Region, in.Region), same("by.project", &by.Project, in.Project),
			same("by.class", &by.Class, telemetry.Class(in.Class))); err != nil {
			return nil, err
		}
		was, is, err := a.as(c).ReplaceDevice(ctx, in.ref(), version, by, in.Body.On)
		return object(deviceReplaced{Was: was, Is: is}, is.Version, Conditional{}), err
	})
	register(a, authz.Read, operation{
		ID: "device-history", Method: http.MethodGet, Path: oneDevice + "/history", Tag: "Devices", Summary: "Read what was changed of a device",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *deviceHistory) (*listOut[auditEntry], error) {
		return a.history(ctx, c, registry.KindDevice, in.ref().String(), in.PageIn)
	})
}

func (a *API) updateDevice(ctx context.Context, c caller, at DevicePath, g Guarded, to registry.Device) (*objectOut[registry.Device], error) {
	version, err := g.version()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(same("region", &to.Region, at.Region), same("project", &to.Project, at.Project),
		same("class", &to.Class, telemetry.Class(at.Class)), same("id", &to.ID, at.Device)); err != nil {
		return nil, err
	}
	to.Version = version
	d, err := a.as(c).UpdateDevice(ctx, to)
	return object(d, d.Version, Conditional{}), err
}
