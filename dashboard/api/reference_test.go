package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/registry"
)

// A body that names what is outside is answered as one that names what does not
// exist, and changes nothing.
func TestReferencesToOtherEstates(t *testing.T) {
	w := newWorld(t)
	engineer, manager := somebody(authz.Engineer, harbour), somebody(authz.Manager, harbour)
	const meter = "/devices/zqnorth/zqharbour/meter/m-zqharbour"
	edit := func(set fields) func(string) (authz.Principal, call) {
		return func(name string) (authz.Principal, call) {
			return engineer, patchOf(meter, named(set, name)).match(w.aimAt(t, harbour, false).vMeter)
		}
	}
	region := func(name string) string { // the hill is in the caller's own region, the park is not
		return map[string]string{"zqhill": "zqnorth", "zqpark": "zqeast", "zqvoid": "zqnorth", "zqlost": "zqnowhere"}[name]
	}
	for what, make := range map[string]func(string) (authz.Principal, call){
		"parent meter":     edit(fields{"parent_meter": "m-%s"}),
		"fed by":           edit(fields{"fed_by": []string{"meter/m-%s"}}),
		"building":         edit(fields{"building": "b-%s"}),
		"gateway":          edit(fields{"gateway": "%s"}),
		"region of a body": edit(fields{"project": "%s"}),
		"replaced by": func(name string) (authz.Principal, call) {
			return engineer, post(meter+"/replace", fields{"by": fields{"project": name, "id": "m-" + name}}).match(1)
		},
		"bulk edit": func(name string) (authz.Principal, call) {
			return engineer, post("/devices/bulk", fields{"devices": []string{"zqnorth/zqharbour/meter/m-zqharbour", region(name) + "/" + name + "/meter/m-" + name}, "set": fields{"note": "mine"}})
		},
		"bulk edit by filter": func(name string) (authz.Principal, call) {
			return engineer, post("/devices/bulk", fields{"filter": fields{"region": region(name), "project": name}, "set": fields{"note": "mine"}})
		},
		"bulk parent meter": func(name string) (authz.Principal, call) {
			return engineer, post("/devices/bulk", fields{"devices": []string{"zqnorth/zqharbour/meter/m-zqharbour"}, "set": fields{"parent_meter": "m-" + name}})
		},
		"approval with others": func(name string) (authz.Principal, call) {
			return engineer, post("/devices/approve", fields{"devices": []string{"zqnorth/zqharbour/access/w-zqharbour", region(name) + "/" + name + "/access/w-" + name}})
		},
		"import": func(name string) (authz.Principal, call) {
			return engineer, post("/import/devices", fmt.Sprintf("region,project,class,id,note\n%s,%s,meter,m-%s,mine\n", region(name), name, name)).csv()
		},
		"import of a parent meter": func(name string) (authz.Principal, call) {
			return engineer, post("/import/devices", fmt.Sprintf("region,project,class,id,parent_meter\nzqnorth,zqharbour,meter,m-zqharbour,m-%s\n", name)).csv()
		},
		"rule": func(name string) (authz.Principal, call) {
			return engineer, post("/approval-rules", fields{"region": region(name), "project": name, "pattern": "*"})
		},
		"person": func(name string) (authz.Principal, call) {
			return manager, post("/people", fields{"login": "new", "name": "new", "grants": grantAt(authz.Place{Region: region(name), Project: name})})
		},
		"token": func(name string) (authz.Principal, call) {
			return manager, post("/tokens", fields{"name": "new", "grants": grantAt(authz.Place{Region: region(name), Project: name})})
		},
		"credential": func(name string) (authz.Principal, call) {
			return manager, post("/mqtt-credentials", fields{"kind": "device", "region": region(name), "project": name, "class": "meter", "device": "m-" + name})
		},
		"children of a gateway": func(name string) (authz.Principal, call) {
			return manager, post("/mqtt-credentials", fields{"kind": "gateway", "name": "zqnorth.zqharbour.g", "region": "zqnorth", "project": "zqharbour", "children": []string{"meter/../../" + name + "/meter/m1"}})
		},
	} {
		t.Run(what, func(t *testing.T) {
			for real, missing := range map[string]string{"zqhill": "zqvoid", "zqpark": "zqlost"} {
				before := w.head(t)
				is, would := w.do(make(real)), w.do(make(missing))
				a := aim{at: authz.Place{Region: region(real), Project: real}}
				b := aim{at: authz.Place{Region: region(missing), Project: missing}}
				if what == "gateway" { // names of a broker's accounts: any may be given
					if is.Code != would.Code {
						t.Errorf("%s: %d, but %d", real, is.Code, would.Code)
					}
					continue
				}
				if is.Code != would.Code || nameless(is.Body.String(), a, is) != nameless(would.Body.String(), b, would) {
					t.Errorf("%s: %d %s\nbut %d %s", real, is.Code, is.Body, would.Code, would.Body)
				}
				if is.Code < 300 && strings.Contains(is.Body.String(), `"problems":[]`) && !strings.Contains(is.Body.String(), `"matched":0`) || w.head(t) != before {
					t.Errorf("%s: was done: %d %s", real, is.Code, is.Body)
				}
			}
		})
	}
	for _, at := range estates()[1:] {
		d := answerIn[registry.Device](t, w.do(root, get("/devices/"+at.Region+"/"+at.Project+"/meter/m-"+at.Project)), 200)
		if d.Version != 1 {
			t.Errorf("the meter of %s was changed: %+v", at, d)
		}
	}
}

// named puts a name into the texts of a body.
func named(body fields, name string) fields {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	var filled fields
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "%s", name)), &filled); err != nil {
		panic(err)
	}
	return filled
}

// A cursor of somebody who sees everything opens nothing to who does not.
func TestCursorsOfOthers(t *testing.T) {
	w := newWorld(t)
	viewer := somebody(authz.Manager, harbour)
	a := w.aimAt(t, harbour, false)
	tried := 0
	for id, r := range recipes() {
		if !r.lists || r.whole || strings.HasPrefix(id, "export-") {
			continue
		}
		path, query, _ := strings.Cut(r.call(a).path, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"region", "project", "search"} {
			values.Del(name)
		}
		values.Set("limit", "1")
		for range 3 {
			page := answerIn[struct{ Next string }](t, w.do(root, get(path+"?"+values.Encode())), 200)
			if page.Next == "" {
				break
			}
			values.Set("cursor", page.Next)
			for _, limit := range []string{"1", "1000"} {
				values.Set("limit", limit)
				rec := w.do(viewer, get(path+"?"+values.Encode()))
				tried++
				if rec.Code != http.StatusOK && rec.Code != http.StatusUnprocessableEntity {
					t.Errorf("%s: status %d: %s", id, rec.Code, rec.Body)
				}
				for _, e := range estates()[1:] {
					if strings.Contains(rec.Body.String(), e.Project) {
						t.Errorf("%s: a cursor opens %s: %.500s", id, e, rec.Body)
					}
				}
			}
			values.Set("limit", "1")
		}
	}
	if tried < 20 {
		t.Errorf("only %d cursors were tried", tried)
	}
}
