package api

import (
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// alertingRecipes are those of incidents, rules, silences and of who is told.
func alertingRecipes() map[string]recipe {
	hour := func(a aim, n int) string { // after the aim's beginning
		from, err := time.Parse(time.RFC3339, a.from)
		if err != nil {
			panic(err)
		}
		return from.Add(time.Duration(n) * time.Hour).Format(time.RFC3339)
	}
	place := func(a aim, more fields) fields {
		more["region"], more["project"] = a.at.Region, a.at.Project
		return more
	}
	return map[string]recipe{
		"list-incidents": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/incidents" + a.query("state", "firing", "severity", "life_safety,warning", "search", "entrapment"))
		}},
		"count-incidents":        {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/incidents/counts") }},
		"pending-conditions":     {needs: authz.Read, where: anywhere, lists: true, call: func(aim) call { return get("/incidents/pending") }},
		"get-incident":           {needs: authz.Read, call: func(a aim) call { return get("/incidents/" + a.incident) }},
		"incident-timeline":      {needs: authz.Read, call: func(a aim) call { return get("/incidents/" + a.incident + "/timeline") }},
		"incident-evidence":      {needs: authz.Read, call: func(a aim) call { return get("/incidents/" + a.incident + "/evidence") }},
		"incident-evidence-page": {needs: authz.Read, call: func(a aim) call { return get("/incidents/" + a.incident + "/evidence.html?lang=en") }},
		"enter-incident": {needs: authz.Act, call: func(a aim) call {
			return post("/incidents", place(a, fields{"kind": "repair", "title": fields{"zh": "灯不亮", "en": "no light"}, "severity": "warning", "building": a.building, "class": "meter", "device": a.meter, "note": "third floor", "reference": fmt.Sprint("wo-", a.serial)}))
		}},
		"act-on-incident": {needs: authz.Act, call: func(a aim) call {
			return post("/incidents/"+a.incident+"/actions", fields{"deed": "note", "note": "seen"})
		}},
		"alertmanager-webhook": {needs: authz.Act, call: func(a aim) call {
			return post("/alertmanager", fields{"version": "4", "receiver": "steward", "alerts": []fields{{
				"status": "firing", "labels": place(a, fields{"alertname": "DiskFull", "severity": "warning", "class": "meter", "device": a.meter}), "annotations": fields{"summary": "full"},
				"startsAt": a.from, "fingerprint": fmt.Sprint("f", a.serial), "generatorURL": "http://prometheus:9090",
			}}})
		}},

		"list-alert-rules":   {needs: authz.Read, where: anywhere, lists: true, call: func(aim) call { return get("/alert-rules?mode=enabled") }},
		"get-alert-rule":     {needs: authz.Read, call: func(a aim) call { return get("/alert-rules/" + a.alertRule) }},
		"alert-rule-history": {needs: authz.Read, call: func(a aim) call { return get("/alert-rules/" + a.alertRule + "/history") }},
		"create-alert-rule": {needs: authz.Configure, call: func(a aim) call {
			return post("/alert-rules", fields{"text": ruleOf(fmt.Sprint("new", a.serial), a.at)})
		}},
		"replace-alert-rule": {needs: authz.Configure, call: func(a aim) call {
			return put("/alert-rules/"+a.alertRule, fields{"text": ruleOf(a.alertRule, a.at)}).match(a.vAlertRule)
		}},
		"delete-alert-rule": {needs: authz.Configure, spends: true, call: func(a aim) call { return del("/alert-rules/" + a.alertRule).match(a.vAlertRule) }},
		"check-alert-rule":  {needs: authz.Configure, where: anywhere, call: func(a aim) call { return post("/alert-rules/check", fields{"text": ruleOf("checked", a.at)}) }},
		"backtest-alert-rule": {needs: authz.Configure, where: anywhere, call: func(a aim) call {
			return post("/alert-rules/backtest", fields{"name": "overload", "from": a.from})
		}},

		"list-silences": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/silences" + a.query()) }},
		"create-silence": {needs: authz.Configure, call: func(a aim) call {
			return post("/silences", place(a, fields{"class": "meter", "device": a.meter, "from": a.from, "until": hour(a, 9), "days": []int{1, 2}, "start": "09:00", "end": "11:00", "time_zone": "Asia/Shanghai", "reason": "maintenance"}))
		}},
		"get-silence":     {needs: authz.Read, call: func(a aim) call { return get("/silences/" + a.silence) }},
		"silence-history": {needs: authz.Read, call: func(a aim) call { return get("/silences/" + a.silence + "/history") }},
		"end-silence":     {needs: authz.Configure, spends: true, call: func(a aim) call { return post("/silences/"+a.silence+"/end", nil) }},

		"on-call":                {needs: authz.Read, where: anywhere, call: func(a aim) call { return get("/on-call?from=" + a.from) }},
		"list-on-call-overrides": {needs: authz.Read, where: anywhere, lists: true, call: func(aim) call { return get("/on-call/overrides") }},
		"create-on-call-override": {needs: authz.Configure, call: func(a aim) call {
			return post("/on-call/overrides", place(a, fields{"schedule": "duty", "contact": "li.wei", "from": a.from, "until": hour(a, 9), "note": "swapped"}))
		}},
		"end-on-call-override": {needs: authz.Configure, spends: true, call: func(a aim) call { return post("/on-call/overrides/"+a.override+"/end", nil) }},

		"list-responders": {needs: authz.Manage, where: anywhere, lists: true, call: func(aim) call { return get("/responders") }},
		"create-responder": {needs: authz.Manage, call: func(a aim) call {
			return post("/responders", place(a, fields{"name": "wang", "card": fmt.Sprintf("psn_%032x", a.serial), "note": "lifts"}))
		}},
		"end-responder": {needs: authz.Manage, spends: true, call: func(a aim) call { return post("/responders/"+a.responder+"/end", nil) }},

		"list-channels": {needs: authz.Read, where: atHQ, call: func(aim) call { return get("/channels") }},
		"test-channel":  {needs: authz.Administer, where: atHQ, call: func(aim) call { return post("/channels/duty-room/test", nil) }},
	}
}

// plantAlerting makes what an estate has of incidents, rules and the like.
func (w *world) plantAlerting(at authz.Place, n int, out *things) {
	w.t.Helper()
	ctx, view := w.t.Context(), w.registry.As(root)
	i, _, err := w.api.Desk.Enter(ctx, root, incident.New{
		Kind: "entrapment", Title: incident.Text{ZH: "困人 " + at.Project, EN: "entrapment " + at.Project}, Severity: telemetry.LifeSafety, Place: at,
		Building: "b-" + at.Project, Class: telemetry.Meter, Device: "m-" + at.Project, Note: "of " + at.Project, Reference: fmt.Sprint("planted-", n),
	})
	w.must(err)
	w.must(w.incidents.Update(ctx, func(tx *incident.Tx) error {
		_, err := tx.Enqueue(incident.Notice{Key: i.ID + "/opened", Incident: i.ID, What: "opened", Severity: i.Severity, Place: at, Receiver: "duty of " + at.Project, Lang: "zh", Channels: []string{"duty-room"}, CreatedAt: w.now})
		return err
	}))
	rule, err := view.CreateAlertRule(ctx, registry.AlertRule{Name: fmt.Sprintf("r%d-%s", n, at.Project), Region: at.Region, Project: at.Project, Text: ruleOf(fmt.Sprintf("r%d-%s", n, at.Project), at)})
	w.must(err)
	silence, err := view.CreateSilence(ctx, registry.Silence{Silence: incident.Silence{Place: at, Device: "m-" + at.Project, Class: telemetry.Meter, From: w.now, Until: w.now.Add(time.Hour), Reason: "works at " + at.Project}})
	w.must(err)
	override, err := view.CreateOverride(ctx, registry.Override{Schedule: "duty", Contact: "li.wei", Region: at.Region, Project: at.Project, From: w.now, Until: w.now.Add(time.Hour), Note: "of " + at.Project})
	w.must(err)
	responder, err := view.CreateResponder(ctx, registry.Responder{Name: "wang of " + at.Project, Region: at.Region, Project: at.Project, Card: fmt.Sprintf("psn_%032x", 1_000_000+n)})
	w.must(err)
	out.incident, out.alertRule, out.silence, out.override, out.responder = i.ID, rule.Name, silence.ID, override.ID, responder.ID
}
