package operations

// Fee is what an account, or a sum of accounts, owed and paid for a month.
type Fee struct {
	Head
	Sort   string  `json:"kind" example:"property" doc:"property, parking, utility or another word."`
	Month  string  `json:"month" example:"2026-10-01" doc:"The first day of the month."`
	Due    float64 `json:"due" example:"1824.6" doc:"CNY."`
	Paid   float64 `json:"paid" example:"1824.6" doc:"CNY."`
	PaidOn string  `json:"paid_on,omitempty" example:"2026-10-12" doc:"When the last of it was paid."`
}

var fees = Kind{
	Name: "fees", Path: "fees", Topic: "fee", One: "fee", Time: "month", Sort: "kind",
	Fields: []Field{
		{
			Name: "kind", Type: Word, Required: true, Headings: []string{"类型", "类别", "费用类型", "收费项目"},
			Known: []known{
				{"property", []string{"物业费", "物业服务费", "管理费"}}, {"parking", []string{"停车费", "车位费"}}, {"utility", []string{"水电费", "公摊", "能耗费"}},
				{"rent", []string{"租金"}}, {"other", []string{"其他", "其它"}},
			},
			About: "property, parking, utility or another word.",
		},
		{Name: "month", Type: Month, Required: true, Ahead: 2 * 366 * day, Headings: []string{"月份", "账期", "费用月份", "所属月份"}, About: "The month, as 2026-10 or its first day."},
		{Name: "due", Type: Number, Required: true, Most: maxMoney, Headings: []string{"应收", "应收金额", "应缴"}, About: "What was to be paid, in CNY."},
		{Name: "paid", Type: Number, Zero: true, Most: maxMoney, Headings: []string{"实收", "实收金额", "已缴"}, About: "What has been paid, in CNY; 0 when absent."},
		{Name: "paid_on", Type: Day, Headings: []string{"缴费日期", "收款日期", "实收日期"}, About: "When the last of it was paid."},
	},
	blank: func() Record { return new(Fee) },
}

// Kind is Fees.
func (*Fee) Kind() *Kind { return &fees }

// Values are pointers to the fields.
func (r *Fee) Values() []any { return []any{&r.Sort, &r.Month, &r.Due, &r.Paid, &r.PaidOn} }

func (r *Fee) check(c *checker) {
	if r.PaidOn != "" && r.Paid == 0 {
		c.reject("paid_on", r.PaidOn, "is given and paid is 0: say in paid how much that was, or leave it out")
	}
}
