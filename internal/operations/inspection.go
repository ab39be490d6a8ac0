package operations

import (
	"strings"
	"time"
)

// The levels of inspections: by the project itself, its region or headquarters.
const (
	LevelProject = "project"
	LevelRegion  = "region"
	LevelHQ      = "hq"
)

// Inspection is an inspection that was planned, and perhaps done.
type Inspection struct {
	Head
	Level        string     `json:"level" enum:"project,region,hq" example:"project" doc:"Whose inspection of the project it is."`
	Sort         string     `json:"kind" example:"fire" doc:"safety, fire, elevator, cleaning, equipment or another word."`
	Planned      time.Time  `json:"planned"`
	Done         *time.Time `json:"done,omitempty" doc:"Absent while it is not done."`
	Score        *float64   `json:"score,omitempty" example:"92.5" doc:"0 to 100."`
	InspectorKey string     `json:"inspector_key,omitempty" example:"psn_5f1d7e60c8a94b2f9d3c0b7e6a1f4d28" doc:"A keyed hash of whoever inspected."`
	Building     string     `json:"building,omitempty" example:"b3"`
	Note         string     `json:"note,omitempty"`
}

var inspections = Kind{
	Name: "inspections", Path: "inspections", Topic: "inspection", One: "inspection", Time: "planned", Sort: "kind",
	Fields: []Field{
		{
			Name: "level", Type: Word, Required: true, Words: []string{LevelProject, LevelRegion, LevelHQ}, Headings: []string{"级别", "层级", "检查级别"},
			Known: []known{{LevelProject, []string{"项目", "项目级"}}, {LevelRegion, []string{"区域", "区域级", "大区"}}, {LevelHQ, []string{"总部", "总部级", "集团"}}},
			About: "Whose inspection of the project it is: project, region or hq. Ids of the latter two begin with region- and hq-, which is put before them where it is missing.",
		},
		{
			Name: "kind", Type: Word, Required: true, Headings: []string{"类型", "类别", "检查类型", "巡检类型"},
			Known: []known{
				{"safety", []string{"安全", "安全检查"}}, {"fire", []string{"消防", "消防检查"}}, {"elevator", []string{"电梯"}},
				{"cleaning", []string{"保洁", "清洁", "环境"}}, {"equipment", []string{"设备", "设施", "设备设施"}}, {"greening", []string{"绿化"}}, {"quality", []string{"品质", "质量"}},
			},
			About: "safety, fire, elevator, cleaning, equipment or another word.",
		},
		{Name: "planned", Type: Moment, Required: true, Ahead: 3 * 366 * day, Whole: true, Headings: []string{"计划时间", "计划日期", "计划完成时间"}, About: "By when it was to be done; a day without a time is meant to its end."},
		{Name: "done", Type: Moment, Headings: []string{"完成时间", "完成日期", "实际完成时间"}, About: "When it was done; absent while it is not."},
		{Name: "score", Type: Number, Most: 100, Headings: []string{"得分", "评分", "分数"}, About: "0 to 100."},
		{Name: "inspector", Type: Hash, Headings: []string{"巡检人", "检查人", "inspector_key"}, About: "Whoever inspected: only a keyed hash of it is kept."},
		buildingField(), noteField(),
	},
	blank: func() Record { return new(Inspection) },
}

const day = 24 * time.Hour

// earliest is how long before its time an inspection may be done and still be that
// one: the longest round is a quarter.
const earliest = 92 * day

// Kind is Inspections.
func (*Inspection) Kind() *Kind { return &inspections }

// Values are pointers to the fields.
func (i *Inspection) Values() []any {
	return []any{&i.Level, &i.Sort, &i.Planned, &i.Done, &i.Score, &i.InspectorKey, &i.Building, &i.Note}
}

// LevelOfID is the level of the inspection with an id. Ids tell it, so that whoever
// may speak for a project alone cannot replace what its region or headquarters found.
func LevelOfID(id string) string {
	for _, level := range []string{LevelRegion, LevelHQ} {
		if strings.HasPrefix(id, level+"-") {
			return level
		}
	}
	return LevelProject
}

func (i *Inspection) check(c *checker) {
	switch {
	case i.Level == "" || i.ID == "": // told already, or withdrawn
	case i.Level != LevelProject && LevelOfID(i.ID) == LevelProject:
		if i.ID = i.Level + "-" + i.ID; len(i.ID) > maxID {
			c.reject("id", i.ID, "has more than %d characters with the %s- that inspections by the %s have: shorten it", maxID, i.Level, i.Level)
		}
	case LevelOfID(i.ID) != i.Level:
		c.reject("id", i.ID, "begins like that of an inspection of the level %s, and level is %s: choose another", LevelOfID(i.ID), i.Level)
	}
	if i.Done != nil && !i.Planned.IsZero() && i.Done.Before(i.Planned.Add(-earliest)) {
		c.reject("done", c.text("done"), "is more than %d days before planned: it is another inspection, or one of the dates is wrong", earliest/day)
	}
	if i.Score != nil && i.Done == nil {
		c.reject("score", c.text("score"), "is given for an inspection that is not done: say when in done, or leave it out")
	}
}
