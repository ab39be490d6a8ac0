package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// Names of the simulated estates, as people would call them.
var demoNames = map[string]string{
	"east": "华东", "south": "华南", "north": "华北", "west": "西部", "central": "华中",
	"hz-binjiang": "杭州滨江府", "sh-xuhui": "上海徐汇里", "nj-jianye": "南京建邺城",
	"suz-yuanqu": "苏州园区广场", "sz-nanshan": "深圳南山湾", "gz-tianhe": "广州天河苑",
	"fs-nanhai": "佛山南海中心", "xm-huli": "厦门湖里汇", "bj-chaoyang": "北京朝阳园",
	"tj-heping": "天津和平里", "jn-lixia": "济南历下大厦", "qd-shinan": "青岛市南坊",
}

func demoName(id string) string {
	if name, ok := demoNames[id]; ok {
		return name
	}
	return id
}

// A demonstration's costs in yuan and lives in years, of the size that such
// equipment has.
var demoCosts = map[string]struct{ life, replace, failure float64 }{
	simulate.Electricity: {10, 420, 150}, simulate.Water: {6, 260, 300}, simulate.Gas: {10, 480, 600}, simulate.Heat: {8, 900, 400},
	simulate.Lift: {15, 260_000, 3_800}, simulate.Smoke: {12, 180, 220}, simulate.Hydrant: {10, 1_500, 900}, simulate.Tank: {10, 1_200, 700},
	simulate.Gate: {8, 14_000, 650}, simulate.Door: {10, 3_200, 400},
}

// What people call the kinds of device.
var demoKinds = map[string]string{
	simulate.Electricity: "电表", simulate.Water: "水表", simulate.Gas: "燃气表", simulate.Heat: "热表",
	simulate.Lift: "电梯", simulate.Smoke: "烟感", simulate.Hydrant: "消防管网压力",
	simulate.Tank: "消防水箱", simulate.Gate: "人行闸机", simulate.Door: "单元门",
}

// demoTariff is one of the shipped tariffs.
const demoTariff = "example-estate"

// newcomers is every how many devices of the fleet one is left out of the
// registry, so that a visitor sees one arrive that nobody knows.
const newcomers = 200

// seedRegistry makes the simulated estates known, as an import would. What is
// there already stays as it is.
func seedRegistry(ctx context.Context, view *registry.View, fleet *simulate.Fleet, seed uint64) error {
	infos := fleet.Devices()
	// Main meters before those behind them.
	slices.SortStableFunc(infos, func(a, b simulate.Info) int { return strings.Compare(a.Parent, b.Parent) })
	s := seeder{ctx: ctx, view: view, seed: seed, done: map[string]bool{}}
	for i, info := range infos {
		s.region(info.Device.Region)
		s.project(info.Device.Region, info.Device.Project)
		s.building(info)
		if i%newcomers != newcomers-1 || info.Parent == "" && info.Device.Class == telemetry.Meter {
			s.device(info)
		}
	}
	return s.err
}

// seeder makes each thing once. After an error it does nothing more.
type seeder struct {
	ctx  context.Context
	view *registry.View
	seed uint64
	done map[string]bool
	err  error
}

func (s *seeder) once(what string, make func() error) {
	if s.err != nil || s.done[what] {
		return
	}
	s.done[what] = true
	if err := make(); err != nil && !errors.Is(err, registry.ErrExists) {
		s.err = fmt.Errorf("make %s known: %w", what, err)
	}
}

func (s *seeder) region(id string) {
	s.once("region "+id, func() error {
		_, err := s.view.CreateRegion(s.ctx, registry.Region{ID: id, Name: demoName(id)})
		return err
	})
}

func (s *seeder) project(region, id string) {
	s.once("project "+authz.Place{Region: region, Project: id}.String(), func() error {
		n := float64(len(s.done))
		_, err := s.view.CreateProject(s.ctx, registry.Project{
			Region: region, ID: id, Name: demoName(id), TimeZone: "Asia/Shanghai", Tariff: demoTariff,
			FloorAreaM2: 80_000 + 900*n, Households: 600 + int(7*n), OccupiedOn: "2014-06-01",
		})
		return err
	})
}

func (s *seeder) building(info simulate.Info) {
	d := info.Device
	if info.Building == "" {
		return
	}
	s.once("building "+d.Region+"/"+d.Project+"/"+info.Building, func() error {
		_, err := s.view.CreateBuilding(s.ctx, registry.Building{
			Region: d.Region, Project: d.Project, ID: info.Building,
			Name: strings.TrimLeft(strings.TrimPrefix(info.Building, "b"), "0") + "号楼",
		})
		return err
	})
}

func (s *seeder) device(info simulate.Info) {
	d, cost := info.Device, demoCosts[info.Kind]
	day := func(t time.Time) registry.Date { return registry.Date(t.Format(time.DateOnly)) }
	s.once("device "+d.String(), func() error {
		made := registry.Device{
			Region: d.Region, Project: d.Project, Class: d.Class, ID: d.ID, State: registry.Active, Building: info.Building,
			Name:   demoKinds[info.Kind] + " " + strings.TrimPrefix(d.ID, info.Building+"-"),
			Medium: info.Medium, Model: info.Model, Vendor: info.Vendor, Serial: info.Serial, ParentMeter: info.Parent,
			InstalledOn: day(info.Installed), CommissionedOn: day(info.Installed.AddDate(0, 0, 14)),
			ExpectedLife: cost.life, ReplacementCost: cost.replace, FailureCost: cost.failure, Multiplier: 1,
		}
		if d.Class == telemetry.Meter {
			made.VerificationDue = day(info.Installed.AddDate(6, 0, 0))
			made.Externals = map[string]string{"dl645": "00" + info.Serial}
		} else {
			made.Contractor = simulate.Contractor(s.seed, authz.Place{Region: d.Region, Project: d.Project})
		}
		_, err := s.view.CreateDevice(s.ctx, made)
		return err
	})
}
