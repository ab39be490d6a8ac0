package api

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/registry"
)

const twoDevices = "region,project,class,id,name\nzqnorth,zqharbour,fire,f1,first\nzqnorth,zqharbour,fire,f2,second\n"

func TestImportSaysWhatItWouldDoAndDoesIt(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	dry := answerIn[registry.ImportReport](t, w.do(engineer, post("/import/devices?dry_run=true", twoDevices).csv()), 200)
	if !dry.DryRun || dry.Rows != 2 || dry.Created != 2 || len(dry.Problems) != 0 {
		t.Errorf("%+v", dry)
	}
	if rec := w.do(engineer, get("/devices/zqnorth/zqharbour/fire/f1")); rec.Code != 404 {
		t.Errorf("a dry run wrote: %d", rec.Code)
	}
	done := answerIn[registry.ImportReport](t, w.do(engineer, post("/import/devices", twoDevices).csv()), 200)
	if done.DryRun || done.Created != 2 {
		t.Errorf("%+v", done)
	}
	bad := answerIn[registry.ImportReport](t, w.do(engineer, post("/import/devices", strings.Replace(twoDevices, "fire,f2", "metre,f2", 1)).csv()), 200)
	if len(bad.Problems) != 1 || bad.Problems[0].Row != 3 || bad.Problems[0].Field != "class" || bad.Problems[0].Value != "metre" {
		t.Errorf("%+v", bad)
	}
}

// What was exported can be imported, as CSV and Excel, as a body and a form.
func TestExportComesBack(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	for _, format := range []string{"csv", "xlsx"} {
		for _, lang := range []string{"en", "zh"} {
			t.Run(format+" "+lang, func(t *testing.T) {
				rec := w.do(engineer, get("/export/devices."+format+"?lang="+lang))
				if rec.Code != 200 || !strings.Contains(plainText(t, rec), "m-zqharbour") {
					t.Fatalf("%d %.300s", rec.Code, rec.Body)
				}
				kind := rec.Header().Get("Content-Type")
				file := rec.Body.Bytes()
				same := func(c call) {
					t.Helper()
					if got := answerIn[registry.ImportReport](t, w.do(engineer, c), 200); got.Rows != 2 || got.Unchanged != 2 || len(got.Problems) > 0 {
						t.Errorf("%+v", got)
					}
				}
				same(post("/import/devices", file).with("Content-Type", kind))
				var form bytes.Buffer
				parts := multipart.NewWriter(&form)
				w.must(parts.WriteField("comment", "mine"))
				part, err := parts.CreateFormFile("file", "devices."+format)
				w.must(err)
				_, err = part.Write(file)
				w.must(err)
				w.must(parts.Close())
				same(post("/import/devices", form.Bytes()).with("Content-Type", parts.FormDataContentType()))
			})
		}
	}
}

func TestFilesThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	for name, c := range map[string]struct {
		call   call
		status int
	}{
		"other type":          {post("/import/devices", twoDevices).with("Content-Type", "application/json"), 415},
		"no type":             {post("/import/devices", twoDevices).with("Content-Type", ";"), 415},
		"empty":               {post("/import/devices", "").csv(), 422},
		"no form":             {post("/import/devices", twoDevices).with("Content-Type", "multipart/form-data; boundary=x"), 422},
		"broken Excel":        {post("/import/devices", "PK\x03\x04 and nothing more").with("Content-Type", typeXLSX), 422},
		"no Excel":            {post("/import/devices", twoDevices).with("Content-Type", typeXLSX), 422},
		"too large":           {post("/import/devices", bytes.Repeat([]byte("x,y\n"), maxImport/4+1)).csv(), 413},
		"nobody's role":       {post("/import/regions", "id,name\nr1,new\n").csv(), 403},
		"unknown column only": {post("/import/devices", "colour\nred\n").csv(), 200},
	} {
		t.Run(name, func(t *testing.T) {
			rec := w.do(engineer, c.call)
			if rec.Code != c.status {
				t.Fatalf("status %d, want %d: %.300s", rec.Code, c.status, rec.Body)
			}
			if rec.Code != http.StatusOK {
				problemIn(t, rec)
			} else if strings.Contains(rec.Body.String(), `"problems":[]`) {
				t.Errorf("was taken: %s", rec.Body)
			}
		})
	}
}

func TestBulkEdit(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	edit := fields{"filter": fields{"class": "meter"}, "set": fields{"location": "roof"}}
	dry := answerIn[registry.BulkResult](t, w.do(engineer, post("/devices/bulk?dry_run=true", edit)), 200)
	if dry.Matched != 1 || dry.Changed != 1 {
		t.Errorf("a filter reaches %+v", dry)
	}
	answerIn[registry.BulkResult](t, w.do(engineer, post("/devices/bulk", edit)), 200)
	for _, at := range estates() {
		d := answerIn[registry.Device](t, w.do(root, get(fmt.Sprintf("/devices/%s/%s/meter/m-%s", at.Region, at.Project, at.Project))), 200)
		if (d.Location == "roof") != (at == harbour) {
			t.Errorf("%s: location %q", at, d.Location)
		}
	}
}
