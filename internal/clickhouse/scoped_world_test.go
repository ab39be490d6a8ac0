package clickhouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// A world is a store in which projects hold the same devices, with names that
// a careless comparison would take for one another, and values and texts that
// betray from where they came.
type world struct {
	db       *clickhouse.Store
	readings []telemetry.Reading
	events   []telemetry.Event
	letters  []clickhouse.Letter
}

// worldPlaces are the projects of a world.
var worldPlaces = []string{"north/harbour", "north/hill", "north/har", "northern/harbour", "east/harbour", "east/north", "harbour/north"}

// unplaced are topics that name no project.
var unplaced = []string{
	"", "property", "property/", "property//", "property/north", "property/north/", "property/north/harbour", "property//harbour/meter/m-1/telemetry",
	"north/harbour/meter/m-1/telemetry", "/property/north/harbour/meter/m-1/telemetry", "Property/north/harbour/meter/m-1/telemetry",
	"property/North/harbour/meter/m-1/telemetry", "property/north harbour/x/meter/m-1/telemetry", "estate/property/north/harbour/meter",
	"property/north\x00/harbour/meter/m-1/telemetry", "property/north/harbour\n/meter/m-1/telemetry", "property/\xff/harbour/meter/m-1/telemetry",
	"property/north/har'bour/meter/m-1/telemetry", `property/north\/harbour/meter/m-1/telemetry`, "property/北/港/meter/m-1/telemetry",
	"property/%/harbour/meter/m-1/telemetry", "property/_orth/harbour/meter/m-1/telemetry",
}

func newWorld(t testing.TB) *world {
	w := &world{db: clickhousetest.Start(t)}
	b := new(clickhouse.Batch)
	for i, name := range worldPlaces {
		at, err := authz.ParsePlace(name)
		if err != nil {
			t.Fatal(err)
		}
		w.plantReadings(at, 1+i)
		w.plantEvents(at, 1+i)
		w.plantLetters(at)
	}
	for i, topic := range unplaced {
		w.letters = append(w.letters, letterOn(topic, fmt.Sprintf("nowhere-%02d", i), 90+i))
	}
	for _, r := range w.readings {
		b.AddReading(r)
	}
	for _, e := range w.events {
		b.AddEvent(e)
	}
	for _, l := range w.letters {
		b.AddDeadLetter(l.DeadLetter)
	}
	appendTo(t, w.db, b, "world")
	w.replay(t)
	return w
}

// devices are three of each project: two of one class, and one with the name
// of another in a class of its own.
func (w *world) devices(at authz.Place) []*telemetry.Device {
	return []*telemetry.Device{
		{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: "m-1"},
		{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: "m-10"},
		{Region: at.Region, Project: at.Project, Class: telemetry.Access, ID: "m-1"},
	}
}

// plantReadings gives every device two metrics over four hours of the day with
// a hole after the first, some in the same bucket and some late.
func (w *world) plantReadings(at authz.Place, mark int) {
	for i, d := range w.devices(at) {
		for j, metric := range []string{"power_kw", "力矩"} {
			for k, ts := range []telemetry.Millis{0, 1, 7 * second, 4*minute + 59*second + 999, 5 * minute, 2 * hour, 2*hour + 30*minute, 3*hour + 59*minute} {
				w.readings = append(w.readings, telemetry.Reading{
					Device: d, Metric: metric, TS: day + ts, Received: day + ts + telemetry.Millis(1+k),
					Value: float64(mark*1000+i*100+j*50) + float64((k*5)%8),
				})
			}
		}
	}
}

func (w *world) plantEvents(at authz.Place, mark int) {
	for i, d := range w.devices(at) {
		for k, kind := range []string{"tamper", "granted", "tamper", "开门"} {
			severity := []telemetry.Severity{telemetry.Info, telemetry.Warning}[k%2]
			// Two of the same millisecond at one device, and all devices at the same times.
			ts := day + telemetry.Millis(k/2)*hour
			w.events = append(w.events, telemetry.Event{
				Device: d, Kind: kind, ID: fmt.Sprintf("ev-%d", k), Severity: severity, TS: ts, Received: ts + telemetry.Millis(mark*10+i),
				Attrs: fmt.Sprintf(`{"at":"mark-%s-%s","text":"a\\b'\"\n"}`, at.Region, at.Project),
			})
		}
	}
}

func (w *world) plantLetters(at authz.Place) {
	for k, rest := range []string{"meter/m-1/telemetry", "boiler/x/telemetry", "meter/m-1/nonsense", "meter"} {
		id := fmt.Sprintf("letter-%s-%s-%d", at.Region, at.Project, k)
		w.letters = append(w.letters, letterOn("property/"+at.String()+"/"+rest, id, k/2))
	}
}

func letterOn(topic, id string, after int) clickhouse.Letter {
	payload := []byte("mark-" + id + "\x00\xff\r\n")
	reason := telemetry.BadTopic
	if after%2 == 0 {
		reason = telemetry.ClockAhead
	}
	return clickhouse.Letter{
		DeadLetter: telemetry.DeadLetter{
			ID: id, Received: day + telemetry.Millis(after)*second, Topic: topic, Payload: payload, Codec: "json", Reason: reason, Error: "why " + id,
		},
		Size: len(payload),
	}
}

// replay marks a third of the letters, of all places.
func (w *world) replay(t testing.TB) {
	var ids []string
	for i := range w.letters {
		if i%3 == 0 {
			w.letters[i].Replayed = true
			ids = append(ids, w.letters[i].ID)
		}
	}
	if err := w.db.MarkReplayed(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
}

// A watcher is somebody who asks, by the places of his grants.
type watcher []string

var watchers = []watcher{
	{"hq"},
	{"north"},
	{"north/harbour"},
	{"north/hill", "northern"},
	{"east/harbour", "harbour/north", "north/har"},
	{"nor"},                     // what begins the names of others
	{"harbour"},                 // a region named like a project
	{"west/harbour"},            // where there is nothing
	{"north/harbou", "orth"},    // parts of names
	{"north/har", "northern/h"}, // the whole of one and a part of another
	{},
}

func (who watcher) String() string { return strings.Join(who, "+") }

// scope is made as for real callers.
func (who watcher) scope(t testing.TB) authz.Scope {
	p := authz.Principal{Kind: authz.Person, ID: "p"}
	for _, name := range who {
		at, err := authz.ParsePlace(name)
		if err != nil {
			t.Fatal(err)
		}
		p.Grants = append(p.Grants, authz.Grant{Role: authz.Viewer, Place: at})
	}
	return p.Scope(authz.Read)
}

// sees is what authz.Scope.Covers should say, by the words of the grants alone.
func (who watcher) sees(region, project string) bool {
	return slices.Contains(who, "hq") || region != "" && (slices.Contains(who, region) || slices.Contains(who, region+"/"+project))
}

// topicPlace is the project that a topic names, by its words alone.
func topicPlace(topic string) (region, project string) {
	words := strings.Split(topic, "/")
	if len(words) < 4 || words[0] != "property" || telemetry.CheckSegment(words[1]) != nil || telemetry.CheckSegment(words[2]) != nil {
		return "", ""
	}
	return words[1], words[2]
}

// when are the ends of a world.
func when(from, to telemetry.Millis) (time.Time, time.Time) { return from.Time(), to.Time() }
