package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"steward/configs"
	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// demoEngineers are on duty in the estates of a demonstration, two in each.
var demoEngineers = []string{
	"li-wei", "wang-fang", "zhang-min", "zhao-lei", "chen-jing", "liu-yang", "yang-fan", "huang-jie", "wu-gang", "zhou-ting", "xu-bin", "sun-li",
	"ma-chao", "zhu-lin", "hu-bo", "guo-ping", "he-yan", "lin-tao", "gao-feng", "luo-dan", "liang-yu", "song-hua", "tang-qi", "deng-kai",
}

// demoChannel is the demonstration's broker: whoever subscribes to steward/incidents/#
// sees what people would be sent.
const demoChannel = "duty-board"

// writeDemoAlerting writes who is told of incidents in a demonstration, and by what:
// two engineers of each estate by turns of a week, a duty desk of each region and one of
// headquarters. After whom, and after how long, is as shipped.
func writeDemoAlerting(dir string, fleet *simulate.Fleet) (escalation, channels string, err error) {
	contacts := []string{contactText("hq-duty", "hq")}
	var schedules []string
	regions := map[string]bool{}
	for i, at := range projectsOf(fleet) {
		if !regions[at.Region] {
			regions[at.Region] = true
			contacts = append(contacts, contactText(at.Region+"-duty", at.Region))
		}
		var turns []string
		for n := range 2 {
			name := demoEngineers[(2*i+n)%len(demoEngineers)]
			if 2*i+n >= len(demoEngineers) {
				name += fmt.Sprintf("-%d", (2*i+n)/len(demoEngineers)+1)
			}
			turns = append(turns, name)
			contacts = append(contacts, contactText(name, at.String()))
		}
		schedules = append(schedules, fmt.Sprintf("  - name: %s\n    place: %s\n    layers:\n      - {contacts: [%s], turn: week, handover: \"09:00\", start: 2026-01-05}\n",
			at.Project, at, strings.Join(turns, ", ")))
	}
	text := configs.Escalation()
	for key, lines := range map[string][]string{"contacts": contacts, "schedules": schedules} {
		text = bytes.Replace(text, []byte("\n"+key+": []\n"), []byte("\n"+key+":\n"+strings.Join(lines, "")), 1)
	}
	escalation, channels = filepath.Join(dir, "escalation.yaml"), filepath.Join(dir, "channels.yaml")
	for path, text := range map[string][]byte{escalation: text, channels: []byte("channels:\n  - name: " + demoChannel + "\n    mqtt: {}\n")} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return "", "", withDiskRemedy(err)
		}
	}
	return escalation, channels, nil
}

func contactText(name, place string) string {
	return fmt.Sprintf("  - {name: %s, place: %s, channels: [%s]}\n", name, place, demoChannel)
}

// projectsOf are the estates of a fleet, in order.
func projectsOf(fleet *simulate.Fleet) []authz.Place {
	var all []authz.Place
	for _, d := range fleet.Devices() {
		all = append(all, authz.Place{Region: d.Device.Region, Project: d.Device.Project})
	}
	slices.SortFunc(all, func(a, b authz.Place) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(all)
}

// seedWindows enters the weekly hours in which the lifts of the first estate of each
// region are maintained, once.
func seedWindows(ctx context.Context, view *registry.View, fleet *simulate.Fleet, now time.Time) error {
	known, err := view.Silences(ctx, registry.SilenceFilter{Ended: true}, registry.Page{Limit: 1})
	if err != nil || len(known.Items) > 0 {
		return err
	}
	regions := map[string]bool{}
	for _, at := range projectsOf(fleet) {
		if regions[at.Region] {
			continue
		}
		regions[at.Region] = true
		var window registry.Silence
		window.Place, window.Class = at, telemetry.Elevator
		window.From, window.Until = now, now.AddDate(0, 6, 0)
		window.Days, window.Start, window.End, window.Zone = []int{int(time.Wednesday)}, "14:00", "16:00", "Asia/Shanghai"
		window.Reason = "电梯例行维保"
		if _, err := view.CreateSilence(ctx, window); err != nil {
			return fmt.Errorf("enter a maintenance window: %w", err)
		}
	}
	return nil
}
