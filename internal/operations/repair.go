package operations

import (
	"time"

	"steward/internal/telemetry"
)

// The priorities of repair orders.
const (
	Urgent = "urgent"
	Normal = "normal"
)

// RepairOrder is an order to repair something.
type RepairOrder struct {
	Head
	Type        string     `json:"type" example:"elevator" doc:"What is to be repaired: elevator, plumbing, electrical or another word."`
	Priority    string     `json:"priority" enum:"urgent,normal" example:"normal"`
	DeviceClass string     `json:"device_class,omitempty" enum:"meter,elevator,fire,access" example:"elevator" doc:"Of the device that is repaired, when it is one."`
	Device      string     `json:"device,omitempty" example:"e2"`
	Building    string     `json:"building,omitempty" example:"b3"`
	Contractor  string     `json:"contractor,omitempty" example:"通力维保" doc:"The firm."`
	Created     time.Time  `json:"created"`
	Dispatched  *time.Time `json:"dispatched,omitempty"`
	Arrived     *time.Time `json:"arrived,omitempty"`
	Done        *time.Time `json:"done,omitempty" doc:"Absent while it is open."`
	Cost        *float64   `json:"cost,omitempty" example:"860" doc:"CNY."`
	FaultCode   string     `json:"fault_code,omitempty" example:"E42"`
	Note        string     `json:"note,omitempty"`
}

var repairOrders = Kind{
	Name: "repair_orders", Path: "repair-orders", Topic: "repair", One: "repair order", Time: "created", Sort: "type",
	Fields: []Field{
		{
			Name: "type", Type: Word, Required: true, Headings: []string{"类型", "类别", "工单类型", "维修类型"},
			Known: []known{
				{"elevator", []string{"电梯"}}, {"plumbing", []string{"给排水", "水管", "管道"}}, {"electrical", []string{"电气", "强电", "供配电"}},
				{"fire", []string{"消防"}}, {"access", []string{"门禁"}}, {"meter", []string{"表计", "仪表"}}, {"hvac", []string{"空调", "暖通"}},
				{"civil", []string{"土建", "房屋"}}, {"other", []string{"其他", "其它"}},
			},
			About: "What is to be repaired: elevator, plumbing, electrical or another word.",
		},
		{
			Name: "priority", Type: Word, Words: []string{Urgent, Normal}, Headings: []string{"优先级", "紧急程度"},
			Known: []known{{Urgent, []string{"紧急", "加急", "特急"}}, {Normal, []string{"普通", "一般", "正常"}}},
			About: "urgent or normal, which it is when absent.",
		},
		{
			Name: "device_class", Type: Word, Words: deviceClasses(), Headings: []string{"设备类别", "设备类型"},
			Known: []known{{"meter", []string{"表计", "仪表"}}, {"elevator", []string{"电梯"}}, {"fire", []string{"消防"}}, {"access", []string{"门禁"}}},
			About: "Of the device that is repaired, when it is one: meter, elevator, fire or access.",
		},
		{Name: "device", Type: Word, Headings: []string{"设备", "设备编号"}, About: "The device's id in the registry; with device_class."},
		buildingField(),
		{Name: "contractor", Type: Text, Longest: maxText, Headings: []string{"承包商", "维保单位", "维修单位"}, About: "The firm; name no person."},
		{Name: "created", Type: Moment, Required: true, Headings: []string{"报修时间", "创建时间", "受理时间", "下单时间"}, About: "When it was ordered."},
		{Name: "dispatched", Type: Moment, Headings: []string{"派单时间", "派工时间"}, About: "When somebody was sent."},
		{Name: "arrived", Type: Moment, Headings: []string{"到场时间", "到达时间"}, About: "When he was there."},
		{Name: "done", Type: Moment, Headings: []string{"完成时间", "完工时间"}, About: "When it was repaired; absent while it is open."},
		{Name: "cost", Type: Number, Most: maxMoney, Headings: []string{"费用", "维修费用", "金额"}, About: "What it cost, in CNY."},
		{Name: "fault_code", Type: Text, Longest: maxID, Headings: []string{"故障代码", "故障码"}, About: "The device's own code of the fault."},
		noteField(),
	},
	blank: func() Record { return new(RepairOrder) },
}

func deviceClasses() []string {
	return []string{string(telemetry.Meter), string(telemetry.Elevator), string(telemetry.Fire), string(telemetry.Access)}
}

// Kind is RepairOrders.
func (*RepairOrder) Kind() *Kind { return &repairOrders }

// Values are pointers to the fields.
func (r *RepairOrder) Values() []any {
	return []any{
		&r.Type, &r.Priority, &r.DeviceClass, &r.Device, &r.Building, &r.Contractor,
		&r.Created, &r.Dispatched, &r.Arrived, &r.Done, &r.Cost, &r.FaultCode, &r.Note,
	}
}

func (r *RepairOrder) check(c *checker) {
	if r.Priority == "" && !r.Withdrawn {
		r.Priority = Normal
	}
	if r.Device != "" && r.DeviceClass == "" {
		c.reject("device", r.Device, "is given without device_class: say of which class it is")
	}
	c.inOrder("created", "dispatched")
	c.inOrder("created", "arrived")
	c.inOrder("created", "done")
	c.inOrder("dispatched", "arrived")
	c.inOrder("arrived", "done")
}
