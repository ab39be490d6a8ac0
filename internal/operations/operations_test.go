package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

var (
	now     = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	harbour = authz.Place{Region: "north", Project: "harbour"}
	beijing = time.FixedZone("+8", 8*3600)
)

func arrival() Arrival {
	return Arrival{Place: harbour, Received: now, Source: MQTT, Ahead: 5 * time.Minute, Pseudonym: func(name string) string { return "key-" + name }}
}

func table() Arrival {
	a := arrival()
	a.Zone = func(authz.Place) *time.Location { return beijing }
	return a
}

// show is a record's own fields, or what is wrong with it.
func show(r Record, problems []Problem) string {
	var parts []string
	for _, p := range problems {
		parts = append(parts, "!"+p.String())
	}
	if len(parts) > 0 {
		return strings.Join(parts, "\n")
	}
	if r.Of().Withdrawn {
		parts = append(parts, "withdrawn")
	}
	if u := r.Of().Updated; !u.Equal(now) {
		parts = append(parts, "updated="+u.Format(time.RFC3339))
	}
	for i, v := range r.Values() {
		v := reflect.ValueOf(v).Elem()
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		value := v.Interface()
		if t, ok := value.(time.Time); ok && !t.IsZero() {
			value = t.Format("2006-01-02T15:04:05.999Z07:00")
		}
		if !v.IsZero() {
			parts = append(parts, fmt.Sprintf("%s=%v", r.Kind().Fields[i].Column(), value))
		}
	}
	return r.Of().ID + ": " + strings.Join(parts, " ")
}

func TestRead(t *testing.T) {
	f := func(k *Kind, text, want string) {
		t.Helper()
		given, err := ParseOne([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := show(k.Read(given, arrival())); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	i := Inspections()
	f(i, `{"id":"A-1","level":"project","kind":"fire","planned":"2026-11-20T08:00:00+08:00","done":1795334400123,"score":92.5,"inspector":"王芳","building":"B3","note":" ok "}`,
		"a-1: level=project kind=fire planned=2026-11-20T00:00:00Z done=2026-11-22T08:00:00.123Z score=92.5 inspector_key=key-王芳 building=b3 note=ok")
	f(i, `{"id":"1","level":"总部","kind":"安全","planned":"2027-06-01T00:00:00Z","updated":"2026-11-01T00:00:00Z"}`,
		"hq-1: updated=2026-11-01T00:00:00Z level=hq kind=safety planned=2027-06-01T00:00:00Z")
	f(i, `{"id":"hq-1","level":"hq","kind":"safety","planned":"2026-06-01T00:00:00Z"}`, "hq-1: level=hq kind=safety planned=2026-06-01T00:00:00Z")
	f(i, `{"id":"hq-1","level":"project","kind":"safety","planned":"2026-06-01T00:00:00Z"}`,
		`!id "hq-1" begins like that of an inspection of the level hq, and level is project: choose another`)
	f(i, `{"id":"hq-1","level":"region","kind":"safety","planned":"2026-06-01T00:00:00Z"}`,
		`!id "hq-1" begins like that of an inspection of the level hq, and level is region: choose another`)
	f(i, `{"id":"`+strings.Repeat("x", 64)+`","level":"hq","kind":"safety","planned":"2026-06-01T00:00:00Z"}`,
		`!id "hq-`+strings.Repeat("x", 64)+`" has more than 64 characters with the hq- that inspections by the hq have: shorten it`)
	f(i, `{}`, "!id is missing: every record has an id of its own in its project\n"+
		"!level is missing: whose inspection of the project it is: project, region or hq. Ids of the latter two begin with region- and hq-, which is put before them where it is missing\n"+
		"!kind is missing: safety, fire, elevator, cleaning, equipment or another word\n"+
		"!planned is missing: by when it was to be done; a day without a time is meant to its end")
	f(i, `{"id":"x","withdrawn":true}`, "x: withdrawn")
	f(i, `{"id":"x","withdrawn":"maybe","level":"project","kind":"fire","planned":"2026-06-01T00:00:00Z"}`, `!withdrawn "maybe" is not true or false`)
	// Bounds.
	in := func(more string) string {
		return `{"id":"x","level":"project","kind":"fire","planned":"2026-11-20T00:00:00Z",` + more + `}`
	}
	ok := "x: level=project kind=fire planned=2026-11-20T00:00:00Z"
	f(i, in(`"done":"2026-11-22T08:05:00Z"`), ok+" done=2026-11-22T08:05:00Z")
	f(i, in(`"done":"2026-11-22T08:05:01Z"`), `!done "2026-11-22T08:05:01Z" lies in the future: leave it out until it has happened, or correct the clock`)
	f(i, in(`"done":"2026-08-20T00:00:00Z"`), ok+" done=2026-08-20T00:00:00Z")
	f(i, in(`"done":"2026-08-19T23:59:59Z"`), `!done "2026-08-19T23:59:59Z" is more than 92 days before planned: it is another inspection, or one of the dates is wrong`)
	f(i, in(`"done":"2026-11-20T00:00:00Z","score":100`), ok+" done=2026-11-20T00:00:00Z score=100")
	f(i, in(`"done":"2026-11-20T00:00:00Z","score":100.1`), `!score "100.1" is not from 0 to 100`)
	f(i, in(`"done":"2026-11-20T00:00:00Z","score":-1`), `!score "-1" is not from 0 to 100`)
	f(i, in(`"done":"2026-11-20T00:00:00Z","score":1e999`), `!score "1e999" is not a number`)
	f(i, in(`"done":"2026-11-20T00:00:00Z","score":"NaN"`), `!score "NaN" is not a number`)
	f(i, in(`"score":50`), `!score "50" is given for an inspection that is not done: say when in done, or leave it out`)
	f(i, in(`"done":"2026-11-20 08:00"`), `!done "2026-11-20 08:00" `+momentForm)
	f(i, in(`"done":"1999-01-01T00:00:00Z"`), `!done "1999-01-01T00:00:00Z" is not between the years 2000 and 2100`)
	f(i, in(`"done":1e300`), `!done "1e300" `+momentForm)
	f(i, in(`"done":[1]`), `!done is a list or an object: it must be a text or a number`)
	f(i, in(`"updated":"2036-01-01T00:00:00Z"`), `!updated "2036-01-01T00:00:00Z" lies in the future: leave it out until it has happened, or correct the clock`)
	f(i, in(`"note":"`+strings.Repeat("长", 500)+`"`), ok+" note="+strings.Repeat("长", 500))
	f(i, in(`"note":"`+strings.Repeat("长", 501)+`"`), `!note "`+strings.Repeat("长", 80)+`…" has 501 characters; 500 are the most`)
	f(i, in(`"note":"a\u0000b"`), `!note "a\x00b" has characters that cannot be shown: leave them out`)
	f(i, in(`"inspector":"`+strings.Repeat("x", 101)+`"`), `!inspector has 101 characters; 100 are the most`)
	f(i, in(`"region":"north","project":"harbour"`), ok)
	f(i, in(`"region":"south"`), `!region "south" is not that of the topic: leave it out`)
	f(i, in(`"colour":1,"received":"x","source":"x"`), `!colour is no field of an inspection: it has region, project, id, updated, withdrawn, level, kind, planned, done, score, inspector, building, note`)

	c := Complaints()
	f(c, `{"id":"c","type":"噪音","created":"2026-11-01T00:00:00Z","answered":"2026-11-01T01:00:00Z","closed":"2026-11-02T00:00:00Z","satisfied":5}`,
		"c: type=noise created=2026-11-01T00:00:00Z answered=2026-11-01T01:00:00Z closed=2026-11-02T00:00:00Z satisfied=5")
	f(c, `{"id":"c","type":"x","created":"2026-11-01T00:00:00Z","satisfied":0}`, `!satisfied "0" is not from 1 to 5`)
	f(c, `{"id":"c","type":"x","created":"2026-11-01T00:00:00Z","satisfied":2.5}`, `!satisfied "2.5" is not a whole number from 1 to 5`)
	f(c, `{"id":"c","type":"x","created":"2026-11-01T00:00:30Z","answered":"2026-11-01T00:00:00Z"}`, "c: type=x created=2026-11-01T00:00:30Z answered=2026-11-01T00:00:30Z")
	f(c, `{"id":"c","type":"x","created":"2026-11-01T00:02:00Z","answered":"2026-11-01T00:00:00Z"}`,
		`!answered "2026-11-01T00:00:00Z" is before created, 2026-11-01T00:02:00Z: one of the two is wrong`)
	f(c, `{"id":"c","type":"a b","created":"2026-11-01T00:00:00Z"}`, `!type "a b" is not of letters without accents, digits, - and _, beginning with a letter or digit, at most 64`)

	m := Fees()
	f(m, `{"id":"f","kind":"物业费","month":"2026-10","due":1824.6,"paid":0}`, "f: kind=property month=2026-10-01 due=1824.6")
	f(m, `{"id":"f","kind":"x","month":"2026-10-01","due":0,"paid":7,"paid_on":"2026-11-22"}`, "f: kind=x month=2026-10-01 paid=7 paid_on=2026-11-22")
	f(m, `{"id":"f","kind":"x","month":"2026-10-02","due":1}`, `!month "2026-10-02" is not the first day of a month: write it as 2026-10`)
	f(m, `{"id":"f","kind":"x","month":"2029-10","due":1}`, `!month "2029-10" lies in the future`)
	f(m, `{"id":"f","kind":"x","month":"2026-13","due":1}`, `!month "2026-13" is not a month, such as 2026-10, or its first day`)
	f(m, `{"id":"f","kind":"x","month":"2026-10","due":-0.01}`, `!due "-0.01" is not from 0 to 1,000,000,000,000`)
	f(m, `{"id":"f","kind":"x","month":"2026-10","due":1,"paid_on":"2026-10-03"}`, `!paid_on "2026-10-03" is given and paid is 0: say in paid how much that was, or leave it out`)
	f(m, `{"id":"f","kind":"x","month":"2026-10","due":1,"paid":1,"paid_on":"2026-11-25"}`, `!paid_on "2026-11-25" lies in the future`)

	o := RepairOrders()
	f(o, `{"id":"r","type":"elevator","device_class":"电梯","device":"e1","created":"2026-11-01T00:00:00Z","dispatched":"2026-11-01T00:10:00Z","arrived":"2026-11-01T01:00:00Z","done":"2026-11-01T02:00:00Z","cost":0,"fault_code":"E42","priority":"URGENT"}`,
		"r: type=elevator priority=urgent device_class=elevator device=e1 created=2026-11-01T00:00:00Z dispatched=2026-11-01T00:10:00Z arrived=2026-11-01T01:00:00Z done=2026-11-01T02:00:00Z fault_code=E42")
	f(o, `{"id":"r","type":"x","created":"2026-11-01T00:00:00Z"}`, "r: type=x priority=normal created=2026-11-01T00:00:00Z")
	f(o, `{"id":"r","type":"x","created":"2026-11-01T00:00:00Z","device":"e1"}`, `!device "e1" is given without device_class: say of which class it is`)
	f(o, `{"id":"r","type":"x","created":"2026-11-01T00:00:00Z","priority":"high"}`, `!priority "high" is not one of urgent, normal`)
	f(o, `{"id":"r","type":"x","created":"2026-11-01T00:00:00Z","arrived":"2026-11-03T00:00:00Z","done":"2026-11-02T00:00:00Z"}`,
		`!done "2026-11-02T00:00:00Z" is before arrived, 2026-11-03T00:00:00Z: one of the two is wrong`)
}

// Zero is a cost, and not unknown.
func TestZeroIsKnown(t *testing.T) {
	r, _ := RepairOrders().Read(Given{"id": "r", "type": "x", "created": "2026-11-01T00:00:00Z", "cost": json.Number("-0")}, arrival())
	if cost := r.(*RepairOrder).Cost; cost == nil || *cost != 0 || math.Signbit(*cost) {
		t.Errorf("cost %v", cost)
	}
}

// What people write in tables, and how workbooks keep it.
func TestCellsOfTables(t *testing.T) {
	f := func(k *Kind, header, row, want string) {
		t.Helper()
		fields, problems := k.Columns(strings.Split(header, "|"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		given, _ := Cells(fields, strings.Split(row, "|"))
		if got := show(k.Read(given, table())); got != want {
			t.Errorf("%s\n got %s\nwant %s", row, got, want)
		}
	}
	f(Inspections(), "编号|级别|类型|计划时间|完成时间|得分|巡检人|备注", "X1|项目|消防|2026-11-20|2026-11-20 9:05|95|张三|好",
		"x1: level=project kind=fire planned=2026-11-20T15:59:59.999Z done=2026-11-20T01:05:00Z score=95 inspector_key=key-张三 note=好")
	f(Inspections(), "id|level|kind|planned|done", "x|project|fire|46346|46346.378472222",
		"x: level=project kind=fire planned=2026-11-20T15:59:59.999Z done=2026-11-20T01:05:00Z")
	f(Complaints(), "单号|类型|受理时间|答复时间|关闭时间|满意度", "c|停车|2026年11月1日|2026/11/1 09:00:30||", "c: type=parking created=2026-10-31T16:00:00Z answered=2026-11-01T01:00:30Z")
	f(Fees(), "账单号|收费项目|账期|应收|实收|缴费日期", "f|停车费|2026年10月|¥1,824.60|1,000|2026/11/3", "f: kind=parking month=2026-10-01 due=1824.6 paid=1000 paid_on=2026-11-03")
	f(Fees(), "id|kind|month|due|paid|paid_on", "f|x|46296|1|1|46329", "f: kind=x month=2026-10-01 due=1 paid=1 paid_on=2026-11-03")
	f(Fees(), "id|kind|month|due", "f|x|202610|1,5", `!due "1,5" is not a number`)
	f(RepairOrders(), "工单号|工单类型|紧急程度|报修时间|作废", "r|给排水|紧急|2026-11-01T08:00:00Z|否", "r: type=plumbing priority=urgent created=2026-11-01T08:00:00Z")
	f(RepairOrders(), "id|type|created", "r|x|tomorrow", `!created "tomorrow" is not a time, such as 2026-11-22 08:30`)
}

func TestColumns(t *testing.T) {
	_, problems := Fees().Columns([]string{"kind", "类型", "colour"})
	var got []string
	for _, p := range problems {
		got = append(got, p.Field)
	}
	if !slices.Equal(got, []string{"kind", "colour", "id"}) {
		t.Errorf("problems of %q", got)
	}
	if want := "is no column of fees: they are region (区域), project (项目), id (编号), updated (更新时间), withdrawn (作废), kind (类型), month (月份), due (应收), paid (实收), paid_on (缴费日期)"; problems[1].Problem != want {
		t.Errorf("%s, want %s", problems[1].Problem, want)
	}
	if fields, problems := RepairOrders().Columns([]string{"编号", "类型", "创建", "派单", "到场", "完成"}); len(problems) > 0 || !slices.Equal(fields, []string{"id", "type", "created", "dispatched", "arrived", "done"}) {
		t.Errorf("%v, %v", fields, problems)
	}
}

// No heading means two things, and what a record is called by is found.
func TestHeadingsAreOne(t *testing.T) {
	for _, k := range Kinds() {
		seen := map[string]string{}
		for _, f := range slices.Concat(headFields, k.Fields) {
			for _, h := range append([]string{f.Name}, f.Headings...) {
				if other, twice := seen[h]; twice {
					t.Errorf("%s: %s is %s and %s", k.Name, h, other, f.Name)
				}
				seen[h] = f.Name
			}
			if len(f.Headings) == 0 {
				t.Errorf("%s.%s has no heading in Chinese", k.Name, f.Name)
			}
			if f.About == "" {
				t.Errorf("%s.%s says nothing about itself", k.Name, f.Name)
			}
		}
		for _, f := range slices.Concat(headFields, k.Fields) {
			for _, h := range f.Headings {
				if short, ok := strings.CutSuffix(h, "时间"); ok && (short == "" || seen[short] != "" && seen[short] != f.Name) {
					t.Errorf("%s: %s without 时间 is %s", k.Name, h, seen[short])
				}
			}
		}
		if KindOf(k.Name) != k || KindOf(k.Path) != k || len(k.New().Values()) != len(k.Fields) {
			t.Errorf("%s is not found, or its fields are not its values", k.Name)
		}
	}
	if KindOf("wages") != nil {
		t.Error("wages")
	}
}

func TestTopics(t *testing.T) {
	f := func(topic, want string) {
		t.Helper()
		at, k, err := ParseTopic(topic)
		got := ""
		if err == nil {
			got = at.String() + " " + k.Name
			if k.TopicAt(at) != topic {
				t.Errorf("%s comes back as %s", topic, k.TopicAt(at))
			}
		}
		if got != want {
			t.Errorf("%s: got %q (%v), want %q", topic, got, err, want)
		}
	}
	f("property/north/harbour/operations/inspection", "north/harbour inspections")
	f("property/north/harbour/operations/complaint", "north/harbour complaints")
	f("property/north/harbour/operations/fee", "north/harbour fees")
	f("property/north/harbour/operations/repair", "north/harbour repair_orders")
	for _, wrong := range []string{
		"", "property", "property/north/harbour/operations", "property/north/harbour/operations/wage", "property/north/harbour/operations/fee/x",
		"property/North/harbour/operations/fee", "property/hq/harbour/operations/fee", "property//harbour/operations/fee", "property/north/harbour/meter/m1/telemetry",
		"x/north/harbour/operations/fee",
	} {
		f(wrong, "")
	}
	for topic, want := range map[string]bool{
		"property/a/b/operations": true, "property/a/b/operations/x/y/z": true, "property/a/b/operationsx/y": false, "property/a/operations/b": false,
		"property/a/b/meter/operations/event": false, "x/a/b/operations/fee": false, "": false,
	} {
		if IsTopic(topic) != want {
			t.Errorf("%s: is one of operations: %v", topic, !want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { IsTopic("property/north/harbour/meter/m1/telemetry") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParse(t *testing.T) {
	f := func(text string, n int, reason telemetry.Reason) {
		t.Helper()
		given, texts, err := Parse([]byte(text))
		var r *telemetry.RejectError
		if errors.As(err, &r) != (reason != "") || r != nil && r.Reason != reason || len(given) != n || len(texts) != n {
			t.Errorf("%.60s: %d records, %v; want %d, %s", text, len(given), err, n, reason)
		}
	}
	f(`{"id":"x"}`, 1, "")
	f(` [{"id":"x"},{"id":"y"}] `, 2, "")
	f(``, 0, telemetry.Empty)
	f(`[]`, 0, telemetry.Empty)
	f(`null`, 0, telemetry.Empty)
	f(`7`, 0, telemetry.BadSyntax)
	f(`[7]`, 0, telemetry.BadSyntax)
	f(`[null]`, 0, telemetry.BadSyntax)
	f(`{"id":`, 0, telemetry.BadSyntax)
	f(`{} {}`, 0, telemetry.BadSyntax)
	f("["+strings.TrimSuffix(strings.Repeat("{},", MaxRecords+1), ",")+"]", 0, telemetry.TooLarge)
}

func TestReadAll(t *testing.T) {
	record := func(region, project, id string) Given {
		return Given{"region": region, "project": project, "id": id, "level": "project", "kind": "fire", "planned": "2026-11-01"}
	}
	asked := 0
	teller := Teller{
		Local: true, Level: func(level string, _ authz.Place) bool { return level == LevelRegion },
		Project: func(_ context.Context, at authz.Place) (*time.Location, bool, error) {
			asked++
			return beijing, at == harbour, nil
		},
	}
	a := arrival()
	a.Place = authz.HQ
	hq, region := record("north", "harbour", "hq-1"), record("north", "harbour", "r")
	hq["level"], region["level"] = "hq", "region"
	records, faults, err := Inspections().ReadAll(t.Context(), []Given{
		record("north", "harbour", "a"), record("north", "harbour", "A"), record("north", "hill", "b"), record("", "harbour", "c"), record("hq", "harbour", "d"), hq, region,
		{"region": "north", "project": "harbour", "id": "hq-2", "withdrawn": "true"},
	}, a, teller)
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprint(f.Index, " ", f.Field))
	}
	if want := []string{"1 id", "2 project", "3 region", "4 region", "5 level", "7 level"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q; %v", got, want, err)
	}
	if at := records[0].(*Inspection).Planned; !at.Equal(time.Date(2026, 11, 1, 15, 59, 59, 999e6, time.UTC)) {
		t.Errorf("planned %s", at)
	}
	if asked != 2 { // harbour, hill
		t.Errorf("asked %d times", asked)
	}
	broken := errors.New("down")
	teller.Project = func(context.Context, authz.Place) (*time.Location, bool, error) { return nil, false, broken }
	if _, _, err := Fees().ReadAll(t.Context(), []Given{record("a", "b", "c")}, a, teller); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// All that is wrong with a record is told at once, as far as the one does not follow from
// the other: of an unknown project nobody knows the zone, so that a time of this morning
// there is none of the future.
func TestReadAllTellsAll(t *testing.T) {
	teller := Teller{
		Local: true, Level: func(string, authz.Place) bool { return false },
		Project: func(_ context.Context, at authz.Place) (*time.Location, bool, error) {
			return time.UTC, at == harbour, nil
		},
	}
	a := arrival() // at 8:00 UTC, which is 16:00 in Beijing
	a.Place = authz.HQ
	f := func(k *Kind, given []Given, want ...string) {
		t.Helper()
		_, faults, err := k.ReadAll(t.Context(), given, a, teller)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range faults {
			got = append(got, fmt.Sprint(f.Index, " ", f.Field))
		}
		if !slices.Equal(got, want) {
			t.Errorf("faults %q, want %q: %v", got, want, faults)
		}
	}
	order := func(project, id, created, cost string) Given {
		return Given{"region": "north", "project": project, "id": id, "type": "x", "created": created, "cost": cost}
	}
	f(RepairOrders(), []Given{order("hill", "a", "2026-11-22 15:00", "much"), order("hill", "b", "2026-11-25 15:00", "1"), order("harbour", "c", "2026-11-22 15:00", "1")},
		"0 project", "0 cost", "1 project", "1 created", "2 created")
	f(RepairOrders(), []Given{order("harbour", "a", "2026-11-22 07:00", "1"), order("harbour", "a", "2026-11-22 07:00", "much"), order("harbour", "", "x", "1"), order("harbour", "", "2026-11-22 07:00", "1")},
		"1 cost", "1 id", "2 id", "2 created", "3 id")
	round := func(project, id, level, score string) Given {
		return Given{"region": "north", "project": project, "id": id, "level": level, "kind": "fire", "planned": "2026-11-01", "done": "2026-11-01 09:00", "score": score}
	}
	f(Inspections(), []Given{round("harbour", "hq-1", "hq", "101"), round("hill", "hq-1", "hq", "90"), round("harbour", "hq-2", "region", "90"), round("hill", "hq-1", "hq", "90")},
		"0 score", "0 level", "1 project", "2 id", "3 project", "3 id")
}

// FuzzRead holds the parser to its promises: it never panics, the same input gives
// the same record, what it takes is within its bounds, and what it took it takes
// again as it was.
func FuzzRead(f *testing.F) {
	for i, s := range []string{
		`{"id":"x","level":"hq","kind":"fire","planned":"2026-11-20T00:00:00Z","done":1795334400000,"score":90,"inspector":"y"}`,
		`[{"id":"c","type":"noise","created":1795334400000,"satisfied":3},{}]`, `{"id":"f","kind":"property","month":"2026-10","due":1e3,"paid":1,"paid_on":"2026-10-31"}`,
		`{"id":"r","type":"x","created":"2026-11-20 08:00","cost":"1,000.5","device_class":"meter","device":"m","withdrawn":1}`, `{"id":"\ud800","note":"\u0000"}`, `[[[[`,
	} {
		f.Add([]byte(s), uint8(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, payload []byte, which uint8, local bool) {
		k := Kinds()[which%4]
		a := arrival()
		if local {
			a = table()
		}
		given, _, err := Parse(payload)
		if err != nil {
			return
		}
		for _, g := range given {
			r, problems := k.Read(g, a)
			again, same := k.Read(g, a)
			if show(r, problems) != show(again, same) {
				t.Fatal("the same record read differently")
			}
			if len(problems) > 0 {
				continue
			}
			if telemetry.CheckSegment(r.Of().ID) != nil || r.Of().Place != harbour || r.Of().Updated.After(now.Add(a.Ahead)) {
				t.Fatalf("took %+v", r.Of())
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err) // no number is none
			}
			back, err := ParseOne(text)
			if err != nil {
				t.Fatal(err)
			}
			for name, v := range back {
				if v == "0001-01-01T00:00:00Z" { // of a withdrawn record
					delete(back, name)
				}
			}
			a := arrival()
			a.Pseudonym = func(key string) string { return key }
			if twice, problems := k.Read(back, a); show(twice, problems) != show(r, nil) {
				t.Fatalf("took %s and then %s", show(r, nil), show(twice, problems))
			}
		}
	})
}
