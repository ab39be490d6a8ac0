package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/operations"
)

func TestPutOperations(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	put := func(kind string, records ...fields) call {
		return post("/operations/"+kind, fields{"records": records})
	}
	a := given(operations.Inspections(), harbour, "A-1")
	a["inspector"], a["done"], a["score"] = "王芳", "2026-11-02T08:00:00+08:00", 91.5
	if got := answerIn[operationsStored](t, w.do(engineer, put("inspections", a, given(operations.Inspections(), harbour, "a-2"))), http.StatusOK); got.Stored != 2 {
		t.Errorf("stored %+v", got)
	}
	got := answerIn[operations.Inspection](t, w.do(engineer, get("/operations/inspections/zqnorth/zqharbour/a-1")), http.StatusOK)
	if got.InspectorKey != "psn_of_王芳" || *got.Score != 91.5 || got.Source != operations.API || got.Done.Hour() != 0 || got.ID != "a-1" {
		t.Errorf("got %+v", got)
	}

	// Everything that is wrong is told at once, and nothing is stored.
	bad := given(operations.Inspections(), harbour, "bad")
	bad["score"], bad["planned"], bad["colour"] = 120, "soon", "red"
	foreign := given(operations.Inspections(), park, "foreign")
	nowhere := given(operations.Inspections(), authz.Place{Region: "zqeast", Project: "zqvoid"}, "nowhere")
	p := problemIn(t, w.do(engineer, put("inspections", given(operations.Inspections(), harbour, "good"), bad, foreign, nowhere, given(operations.Inspections(), harbour, "GOOD"))))
	var fieldsWrong []string
	for _, f := range p.Errors {
		fieldsWrong = append(fieldsWrong, f.Field)
	}
	want := []string{"records[1].colour", "records[1].planned", "records[1].score", "records[2].project", "records[3].project", "records[4].id"}
	if !slices.Equal(fieldsWrong, want) {
		t.Errorf("problems of %q, want %q", fieldsWrong, want)
	}
	if p.Errors[3].Problem != p.Errors[4].Problem {
		t.Errorf("another's project %q does not look like none %q", p.Errors[3].Problem, p.Errors[4].Problem)
	}
	if rec := w.do(engineer, get("/operations/inspections/zqnorth/zqharbour/good")); rec.Code != http.StatusNotFound {
		t.Errorf("a part was stored: %d", rec.Code)
	}

	for _, body := range []any{fields{}, fields{"records": []any{}}, fields{"records": make([]fields, operations.MaxRecords+1)}, fields{"records": []any{7}}, "[", fields{"records": 7}} {
		if rec := w.do(engineer, post("/operations/fees", body)); rec.Code < 400 || rec.Code > 499 {
			t.Errorf("%.60v: status %d: %.200s", body, rec.Code, rec.Body)
		}
	}

	// A key makes one of two requests.
	once := put("complaints", given(operations.Complaints(), harbour, "once")).with("Idempotency-Key", "k1")
	for i := range 2 {
		rec := w.do(engineer, once)
		if rec.Code != http.StatusOK || (rec.Header().Get("Idempotent-Replayed") != "") != (i == 1) {
			t.Errorf("request %d: %d %s", i, rec.Code, rec.Body)
		}
	}
}

// What a region or headquarters found is not for the project to tell of.
func TestInspectionsByLevel(t *testing.T) {
	w := newWorld(t)
	project, region, hq := somebody(authz.Engineer, harbour), somebody(authz.Engineer, authz.Place{Region: "zqnorth"}), somebody(authz.Engineer, authz.HQ)
	f := func(who authz.Principal, level string, status int) {
		t.Helper()
		r := given(operations.Inspections(), harbour, "q3-"+level)
		r["level"] = level
		if rec := w.do(who, post("/operations/inspections", fields{"records": []fields{r}})); rec.Code != status {
			t.Errorf("%s tells of an inspection by %s: %d, want %d: %.200s", who.ID, level, rec.Code, status, rec.Body)
		}
	}
	f(project, "project", 200)
	f(project, "region", 422)
	f(project, "hq", 422)
	f(region, "region", 200)
	f(region, "hq", 422)
	f(hq, "hq", 200)
	withdraw := func(who authz.Principal, id string, status int) {
		t.Helper()
		if rec := w.do(who, del("/operations/inspections/zqnorth/zqharbour/"+id)); rec.Code != status {
			t.Errorf("%s withdraws %s: %d, want %d", who.ID, id, rec.Code, status)
		}
	}
	withdraw(project, "hq-q3-hq", 403)
	withdraw(project, "region-q3-region", 403)
	withdraw(region, "region-q3-region", 204)
	withdraw(project, "q3-project", 204)
	withdraw(project, "q3-project", 204)
	withdraw(somebody(authz.Engineer, hill), "q3-project", 404)
	// Nor by an id that looks like it.
	r := given(operations.Inspections(), harbour, "hq-q3-hq")
	if rec := w.do(project, post("/operations/inspections", fields{"records": []fields{r}})); rec.Code != 422 {
		t.Errorf("an id of headquarters: %d", rec.Code)
	}
	r = fields{"region": harbour.Region, "project": harbour.Project, "id": "hq-q3-hq", "withdrawn": true}
	if rec := w.do(project, post("/operations/inspections", fields{"records": []fields{r}})); rec.Code != 422 {
		t.Errorf("withdrawing by telling: %d", rec.Code)
	}
	all := answerIn[listBody[operations.Inspection]](t, w.do(project, get("/operations/inspections?sort=fire&oldest_first=true&limit=2")), http.StatusOK)
	if len(all.Items) != 2 || all.Next == "" {
		t.Errorf("listed %+v", all)
	}
	for _, i := range answerIn[listBody[operations.Inspection]](t, w.do(project, get("/operations/inspections?limit=1000")), http.StatusOK).Items {
		if i.ID == "region-q3-region" || i.ID == "q3-project" {
			t.Errorf("%s was withdrawn, and is listed", i.ID)
		}
	}
}

func TestImportOperations(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	do := func(query, table string) operations.TableReport {
		t.Helper()
		return answerIn[operations.TableReport](t, w.do(engineer, post("/import/repair-orders"+query, table).csv()), http.StatusOK)
	}
	good := "区域,项目,工单号,工单类型,紧急程度,报修时间,派单时间,到场时间,完成时间,费用\n" +
		"zqnorth,zqharbour,GD-1,电梯,紧急,2026/11/1 8:05,2026/11/1 8:10,2026-11-01 8:40:00,2026-11-01 10:00,\"1,860.50\"\n" +
		"zqnorth,zqharbour,GD-2,plumbing,,2026-11-02,,,,\n"
	if r := do("?dry_run=true", good); !r.DryRun || r.Rows != 2 || r.Stored != 0 || len(r.Problems) != 0 {
		t.Errorf("tried: %+v", r)
	}
	if rec := w.do(engineer, get("/operations/repair-orders/zqnorth/zqharbour/gd-1")); rec.Code != http.StatusNotFound {
		t.Errorf("a trial stored something: %d", rec.Code)
	}
	if r := do("", good); r.Stored != 2 {
		t.Errorf("imported: %+v", r)
	}
	o := answerIn[operations.RepairOrder](t, w.do(engineer, get("/operations/repair-orders/zqnorth/zqharbour/gd-1")), http.StatusOK)
	if o.Type != "elevator" || o.Priority != "urgent" || *o.Cost != 1860.5 || o.Created.Format("15:04") != "00:05" || o.Source != operations.CSV {
		t.Errorf("got %+v", o)
	}
	r := do("", "region,project,id,type,created,done\nzqnorth,zqharbour,x,civil,2026-11-01,2026-10-01\nzqnorth,zqhill,y,civil,2026-11-01,\n,,,,,\nzqnorth,zqharbour,z,civil,,,extra\n")
	var got []string
	for _, p := range r.Problems {
		got = append(got, fmt.Sprint(p.Row, " ", p.Field))
	}
	if want := []string{"2 done", "3 project", "5 ", "5 created"}; r.Stored != 0 || !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	if r := do("", "region,project,colour\na,b,c\n"); len(r.Problems) != 2 || r.Problems[0].Row != 1 {
		t.Errorf("header: %+v", r)
	}

	// What is exported can be imported again, and says the same.
	file := w.do(engineer, get("/export/repair-orders.csv?region=zqnorth&project=zqharbour"))
	before := plainText(t, w.do(engineer, get("/operations/repair-orders?region=zqnorth&project=zqharbour")))
	if r := do("", file.Body.String()); len(r.Problems) > 0 || r.Stored == 0 {
		t.Errorf("an export as import: %+v", r)
	}
	after := plainText(t, w.do(engineer, get("/operations/repair-orders?region=zqnorth&project=zqharbour")))
	strip := func(text string) string {
		var body listBody[operations.RepairOrder]
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, o := range body.Items {
			o.Received, o.Source = o.Created, ""
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
		return b.String()
	}
	if strip(before) != strip(after) {
		t.Errorf("before\n%s\nafter\n%s", strip(before), strip(after))
	}
}
