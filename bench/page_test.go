package main

import "testing"

func TestLoadsOfThePage(t *testing.T) {
	run, err := summaryOfLoads(50, []pageLoad{{30, 90}, {10, 70}, {20, 100}})
	if want := (pageRun{Devices: 50, Loads: 3, Paint: 20, PaintMax: 30, Shown: 90, ShownMax: 100}); err != nil || run != want {
		t.Errorf("%+v, %v", run, err)
	}
	for _, loads := range [][]pageLoad{nil, {{0, 10}}, {{20, 10}}} {
		if _, err := summaryOfLoads(50, loads); err == nil {
			t.Errorf("%+v passed", loads)
		}
	}
	ratios := pageRatios([]pageRun{run, {Devices: 5000, Paint: 30, Shown: 180}})
	if len(ratios) != 2 || ratios[0].Is != 1.5 || ratios[1].Is != 2 || ratios[0].Of != "5000 devices" || ratios[0].To != "50 devices" {
		t.Errorf("%+v", ratios)
	}
}
