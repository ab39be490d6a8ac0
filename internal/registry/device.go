package registry

import (
	"time"

	"steward/internal/telemetry"
)

// State is where a device is in its life in the registry.
type State string

// The states of a device.
const (
	Pending  State = "pending"  // it publishes and nobody has approved it: stored, shown, named as such
	Active   State = "active"   // in service
	Refused  State = "refused"  // somebody looked at it and does not want it
	Retired  State = "retired"  // out of service for good
	Replaced State = "replaced" // out of service, another has taken its place
)

// Device is one device. Its identity is that of its topics and never changes.
type Device struct {
	Region  string          `json:"region" db:"region" zh:"区域" edit:"no"`
	Project string          `json:"project" db:"project" zh:"项目" edit:"no"`
	Class   telemetry.Class `json:"class" db:"class" zh:"类别" edit:"no"`
	ID      string          `json:"id" db:"id" zh:"设备编号" edit:"no"`

	State    State  `json:"state" db:"state" zh:"状态" edit:"new"`
	Name     string `json:"name" db:"name" zh:"名称"`
	Building string `json:"building" db:"building" zh:"楼栋"` // ID of a building of the project; empty when in none
	Location string `json:"location" db:"location" zh:"位置"` // in words: floor, room, shaft
	Medium   string `json:"medium" db:"medium" zh:"介质"`     // of a meter: electricity, water, gas, heat
	Model    string `json:"model" db:"model" zh:"型号"`
	Vendor   string `json:"vendor" db:"vendor" zh:"厂家"`
	Serial   string `json:"serial" db:"serial" zh:"出厂编号"`

	// Contractor is who maintains it: whose work it is that it runs, and that
	// somebody comes. Whoever made it need not be.
	Contractor string `json:"contractor" db:"contractor" zh:"维保承包商"`

	// Externals are identities in other systems and protocols: scheme to value,
	// such as dl645 to 000012345678. A pair is unique within a project.
	Externals Externals `json:"externals" db:"externals" zh:"外部标识"`

	InstalledOn     Date    `json:"installed_on" db:"installed_on" zh:"安装日期"`
	CommissionedOn  Date    `json:"commissioned_on" db:"commissioned_on" zh:"投运日期"`
	VerificationDue Date    `json:"verification_due_on" db:"verification_due_on" zh:"检定到期"`
	ExpectedLife    float64 `json:"expected_life_years" db:"expected_life_years" zh:"预期寿命（年）"`   // 0 when unknown
	ReplacementCost float64 `json:"replacement_cost_cny" db:"replacement_cost_cny" zh:"更换费用（元）"` // yuan, planned
	FailureCost     float64 `json:"failure_cost_cny" db:"failure_cost_cny" zh:"故障损失（元）"`         // yuan, of one failure with its damage
	Multiplier      float64 `json:"multiplier" db:"multiplier" zh:"倍率"`                          // of a meter's register, CT times PT; 1 when empty

	// ParentMeter is the meter behind which this one is; FedBy are the devices
	// that this one needs to work, as class/id of the same project, and Feeds
	// (derived) those that need it; Gateway speaks for it over MQTT.
	ParentMeter string   `json:"parent_meter" db:"parent_meter" zh:"上级表"` // ID of a meter of the project
	FedBy       Refs     `json:"fed_by" db:"fed_by" zh:"供给来源"`
	Feeds       []string `json:"feeds" db:"-"`
	Gateway     string   `json:"gateway" db:"gateway" zh:"网关"` // name of a gateway's MQTT credential

	ReplacedBy string    `json:"replaced_by" db:"replaced_by" zh:"被替换为" edit:"new"` // class/id of the same project
	Replaces   string    `json:"replaces" db:"replaces" zh:"替换了" edit:"new"`
	RetiredOn  Date      `json:"retired_on" db:"retired_on" zh:"停用日期" edit:"new"`
	FirstSeen  time.Time `json:"first_seen,omitzero" db:"first_seen" zh:"首次上报" edit:"no"` // of the message by which it was found; zero when people entered it first
	Note       string    `json:"note" db:"note" zh:"备注"`
	Meta
}

// Ref is the identity of a device.
func (d Device) Ref() telemetry.Device {
	return telemetry.Device{Region: d.Region, Project: d.Project, Class: d.Class, ID: d.ID}
}

// Externals are identities in other systems and protocols, by scheme.
type Externals map[string]string

// Refs are devices of the same project, as class/id.
type Refs []string
