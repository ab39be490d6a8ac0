package operations

import "time"

// Type is what a field holds.
type Type int

// The types, and what Values points to.
const (
	Text   Type = iota // *string: what people write
	Word               // *string: a word of the form of a topic's segment
	Moment             // *time.Time when Required, else **time.Time
	Day                // *string: 2006-01-02, or ""
	Month              // *string: the first day of a month, 2006-01-02
	Number             // *float64 when Required or with a Default, else **float64
	Count              // **uint8
	Hash               // *string: a person's pseudonym, or ""
)

// Field is one field of a kind.
type Field struct {
	Name     string
	Type     Type
	Required bool
	Zero     bool     // of a number that is not Required: absent is 0, and not unknown
	Words    []string // the only ones; any when empty
	Known    []known  // how people write some of the words
	Longest  int      // of a Text, in characters
	Least    float64  // of a Number or Count
	Most     float64
	Ahead    time.Duration // how far in the future a time may lie; a clock's error is always allowed
	Whole    bool          // a day without a time is meant to its end
	Headings []string      // of tables, besides Name; lower case
	About    string        // for people who send it
}

// Column is the field's name once it is kept: of a person that is a key.
func (f Field) Column() string {
	if f.Type == Hash {
		return f.Name + "_key"
	}
	return f.Name
}

// Few reports whether a text field has few different contents.
func (f Field) Few() bool {
	return f.Type == Word || f.Type == Text && f.Longest <= maxText
}

// known is a word, and what people call it.
type known struct {
	word   string
	called []string
}

// Every time is within these years: earlier ones are a form's default, and what
// the tables hold ends in 2106.
const firstYear, lastYear = 2000, 2100

// headFields are what every record has besides its own, as people send them.
var headFields = []Field{
	{Name: "region", Type: Word, Headings: []string{"区域", "大区", "片区"}, About: "The region."},
	{Name: "project", Type: Word, Headings: []string{"项目", "小区", "项目编号"}, About: "The project."},
	{Name: "id", Type: Word, Required: true, Headings: []string{"编号", "单号", "工单号", "记录编号", "账单号"}, About: "Unique in the project among records of the kind: letters, digits, - and _, at most 64; kept in lower case."},
	{Name: "updated", Type: Moment, Headings: []string{"更新时间", "修改时间"}, About: "When the record became what it is; the present when absent. Of several with one id the newest counts."},
	{Name: "withdrawn", Headings: []string{"作废", "已作废", "撤销"}, About: "It never was. Nothing but the id is needed then."},
}

// HeadFields are what every record has besides the fields of its kind, as people
// send them: region, project, id, updated, withdrawn.
func HeadFields() []Field { return headFields }

const (
	maxID    = 64
	maxText  = 100 // of names of things
	maxNote  = 500
	maxMoney = 1e12 // CNY; beyond it somebody mistook the column
)

func noteField() Field {
	return Field{
		Name: "note", Type: Text, Longest: maxNote, Headings: []string{"备注", "说明", "内容", "描述"},
		About: "For people who look at it. Name nobody: no names, telephone numbers or flats.",
	}
}

func buildingField() Field {
	return Field{Name: "building", Type: Word, Headings: []string{"楼栋", "楼宇", "楼号"}, About: "The building's id in the registry."}
}
