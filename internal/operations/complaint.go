package operations

import "time"

// Complaint is a complaint or a request of somebody who lives or works there.
type Complaint struct {
	Head
	Type      string     `json:"type" example:"noise" doc:"repair, noise, cleaning, security, parking, fee, other or another word."`
	Created   time.Time  `json:"created"`
	Answered  *time.Time `json:"answered,omitempty" doc:"Absent until somebody answered."`
	Closed    *time.Time `json:"closed,omitempty" doc:"Absent while it is open."`
	Satisfied *uint8     `json:"satisfied,omitempty" example:"4" doc:"1 to 5, as whoever complained said afterwards."`
	Note      string     `json:"note,omitempty"`
}

var complaints = Kind{
	Name: "complaints", Path: "complaints", Topic: "complaint", One: "complaint", Time: "created", Sort: "type",
	Fields: []Field{
		{
			Name: "type", Type: Word, Required: true, Headings: []string{"类型", "类别", "投诉类型"},
			Known: []known{
				{"repair", []string{"维修", "报修"}}, {"noise", []string{"噪音", "噪声", "扰民"}}, {"cleaning", []string{"保洁", "清洁", "环境"}},
				{"security", []string{"安全", "安保", "秩序"}}, {"parking", []string{"停车", "车辆"}}, {"fee", []string{"收费", "费用"}}, {"other", []string{"其他", "其它"}},
			},
			About: "repair, noise, cleaning, security, parking, fee, other or another word.",
		},
		{Name: "created", Type: Moment, Required: true, Headings: []string{"受理时间", "投诉时间", "创建时间", "登记时间"}, About: "When it was made."},
		{Name: "answered", Type: Moment, Headings: []string{"答复时间", "回复时间", "响应时间"}, About: "When whoever complained was first answered; absent until then."},
		{Name: "closed", Type: Moment, Headings: []string{"关闭时间", "办结时间", "完成时间"}, About: "When it was settled; absent while it is open."},
		{Name: "satisfied", Type: Count, Least: 1, Most: 5, Headings: []string{"满意度", "评价"}, About: "1 to 5, as whoever complained said afterwards."},
		noteField(),
	},
	blank: func() Record { return new(Complaint) },
}

// Kind is Complaints.
func (*Complaint) Kind() *Kind { return &complaints }

// Values are pointers to the fields.
func (r *Complaint) Values() []any {
	return []any{&r.Type, &r.Created, &r.Answered, &r.Closed, &r.Satisfied, &r.Note}
}

func (r *Complaint) check(c *checker) {
	c.inOrder("created", "answered")
	c.inOrder("created", "closed")
	c.inOrder("answered", "closed")
}
