package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The year that analyses are measured over: what a property company has of its
// devices after a year. Each project has one main meter of electricity and others
// behind it, meters of water, lifts, smoke detectors and gates.
const (
	yearProjects = 50
	yearPower    = 100
	yearWater    = 20
	yearLifts    = 40
	yearSmoke    = 30
	yearGates    = 10
	yearDevices  = yearProjects * (yearPower + yearWater + yearLifts + yearSmoke + yearGates)
)

// yearPeriod is the twelve months that are over by the clocks of China, which are the
// period of what runs monthly.
func yearPeriod(now time.Time) (from, to time.Time) {
	zone := time.FixedZone("", 8*3600)
	y, m, _ := now.In(zone).Date()
	return time.Date(y-1, m, 1, 0, 0, 0, 0, zone), time.Date(y, m, 1, 0, 0, 0, 0, zone)
}

// writeYear imports the devices and writes what they reported: hours of meters, days
// of everything else, and events.
func writeYear(ctx context.Context, s *steward, db *database) error {
	for _, kind := range []string{"regions", "projects", "buildings", "devices"} {
		path := filepath.Join(s.dir, kind+".csv")
		if err := os.WriteFile(path, yearTable(kind), 0o600); err != nil {
			return err
		}
		if out, err := exec.CommandContext(ctx, s.binary, "import", kind, path, "--data", s.dataDir()).CombinedOutput(); err != nil {
			return fmt.Errorf("import %s: %w: %s", kind, err, out)
		}
	}
	if err := awaitMirror(ctx, db); err != nil {
		return err
	}
	from, to := yearPeriod(time.Now())
	hours := int(to.Sub(from).Hours())
	for _, sql := range []string{
		yearHours(from, hours, yearPower, "power-", "energy_kwh"),
		yearHours(from, hours, yearWater, "water-", "volume_m3"),
		`INSERT INTO readings_1d SELECT toStartOfDay(bucket), region, project, class, device, metric, min(min), max(max), min(first), max(last), sum(count), sum(sum), max(received)
		FROM readings_1h WHERE metric IN ('energy_kwh', 'volume_m3') GROUP BY ALL SETTINGS max_bytes_before_external_group_by = 1000000000, max_partitions_per_insert_block = 100`,
		yearDays(from, hours/24, "elevator", "lift-", yearLifts, []string{"trips_total", "door_cycles_total", "run_hours"}),
		yearDays(from, hours/24, "fire", "smoke-", yearSmoke, []string{"smoke_ppm", "battery_v"}),
		yearDays(from, hours/24, "access", "gate-", yearGates, []string{"passages_total", "battery_v"}),
		yearFaults(from, hours, "elevator", "lift-", yearLifts, 8),
		yearFaults(from, hours, "fire", "smoke-", yearSmoke, 1),
		yearFaults(from, hours, "access", "gate-", yearGates, 2),
	} {
		if err := db.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.80s …: %w", sql, err)
		}
	}
	return nil
}

// awaitMirror waits until the devices are known where the analyses run.
func awaitMirror(ctx context.Context, db *database) error {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		n, err := db.number(ctx, "SELECT count() FROM devices FINAL")
		if err != nil || n >= yearDevices {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d devices are known after two minutes", n, yearDevices)
		}
	}
}

// yearTable is a file to import.
func yearTable(kind string) []byte {
	var t bytes.Buffer
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&t, format+"\n", args...) }
	switch kind {
	case "regions":
		line("id,name")
		line("r0,Region 0\nr1,Region 1\nr2,Region 2\nr3,Region 3\nr4,Region 4")
		return t.Bytes()
	case "projects":
		line("region,id,name,time_zone,tariff,floor_area_m2,households")
	case "buildings":
		line("region,project,id,name")
	case "devices":
		line("region,project,class,id,building,medium,model,vendor,installed_on,commissioned_on,parent_meter,replacement_cost_cny,failure_cost_cny")
	}
	for p := range yearProjects {
		at := fmt.Sprintf("r%d,p%d", p%5, p)
		switch kind {
		case "projects":
			line("%s,Estate %d,Asia/Shanghai,example-estate,%d,%d", at, p, 60_000+1000*p, 600+10*p)
			continue
		case "buildings":
			for n := range 5 {
				line("%s,b%d,Building %d", at, n, n)
			}
			continue
		}
		device := func(class, prefix string, n int, medium string, replace, fail int) {
			parent := ""
			if class == "meter" && n > 0 {
				parent = prefix + "0"
			}
			since := fmt.Sprintf("%d-%02d-15", 2010+(n*7+p)%15, 1+(n+p)%12)
			building := ""
			if n > 0 {
				building = fmt.Sprintf("b%d", n%5)
			}
			line("%s,%s,%s%d,%s,%s,%s%d,Maker %d,%s,%s,%s,%d,%d", at, class, prefix, n, building, medium, prefix, n%4, n%4, since, since, parent, replace, fail)
		}
		for _, d := range []struct {
			class, prefix string
			count         int
			medium        string
			replace, fail int
		}{
			{"meter", "power-", yearPower, "electricity", 420, 150}, {"meter", "water-", yearWater, "water", 260, 300},
			{"elevator", "lift-", yearLifts, "", 260_000, 3800}, {"fire", "smoke-", yearSmoke, "", 180, 220}, {"access", "gate-", yearGates, "", 14_000, 650},
		} {
			for n := range d.count {
				device(d.class, d.prefix, n, d.medium, d.replace, d.fail)
			}
		}
	}
	return t.Bytes()
}

// yearPlace is where device d is, of so many a project.
func yearPlace(devices int, prefix string) string {
	return fmt.Sprintf("concat('r', toString(intDiv(d, %[1]d) %% 5)) AS region, concat('p', toString(intDiv(d, %[1]d))) AS project, concat('%[2]s', toString(d %% %[1]d)) AS device", devices, prefix)
}

// yearHours are the hours of counters that grow by day more than by night, and with
// the cold; the first of each project counts what those behind it do.
func yearHours(from time.Time, hours, devices int, prefix, metric string) string {
	return fmt.Sprintf(`INSERT INTO readings_1h (bucket, region, project, device, class, metric, min, max, first, last, count, sum, received)
		WITH intDiv(number, %[2]d) AS d, number %% %[2]d AS h,
			if(d %% %[3]d = 0, %[3]d - 1, 1) * (h - 2.3 * sin(2 * pi() * (h - 3) / 24) + 300 * (1 - cos(2 * pi() * h / 8760))) + 0.1 * (cityHash64(number) %% 1000) / 1000 AS lo
		SELECT toDateTime(%[1]d + 3600 * h, 'UTC') AS at, %[4]s, 'meter', '%[5]s', lo, lo + 0.05, (toDateTime64(at, 3, 'UTC') + 30, lo), (toDateTime64(at, 3, 'UTC') + 3570, lo + 0.05),
			4, 4 * lo, toDateTime64(at, 3, 'UTC') + 3600
		FROM numbers(%[6]d)
		SETTINGS max_partitions_per_insert_block = 100`, from.Unix(), hours, devices, yearPlace(devices, prefix), metric, hours*devices*yearProjects)
}

// yearDays are the days of whatever else devices report.
func yearDays(from time.Time, days int, class, prefix string, devices int, metrics []string) string {
	n := devices * yearProjects
	return fmt.Sprintf(`INSERT INTO readings_1d (bucket, region, project, device, class, metric, min, max, first, last, count, sum, received)
		WITH intDiv(number, %[2]d) %% %[3]d AS d, number %% %[2]d AS day, cityHash64(number) %% 100 / 10 AS noise
		SELECT toStartOfDay(toDateTime(%[1]d, 'UTC') + 43200) + toIntervalDay(day) AS at, %[4]s, '%[5]s', ['%[6]s'][1 + intDiv(number, %[2]d * %[3]d)] AS metric,
			200 * day + noise AS lo, lo + 100, (toDateTime64(at, 3, 'UTC') + 30, lo), (toDateTime64(at, 3, 'UTC') + 86000, lo + 100), 96, 96 * lo, toDateTime64(at, 3, 'UTC') + 86400
		FROM numbers(%[7]d)
		SETTINGS max_partitions_per_insert_block = 100`, from.Unix(), days, n, yearPlace(devices, prefix), class, strings.Join(metrics, "', '"), n*days*len(metrics))
}

// yearFaults are faults of so many a device, and their ends two hours later.
func yearFaults(from time.Time, hours int, class, prefix string, devices, each int) string {
	n := devices * yearProjects
	return fmt.Sprintf(`INSERT INTO events (ts, received, region, project, device, class, kind, id, severity, attrs)
		WITH number %% %[3]d AS d, intDiv(number, %[3]d) AS k, intDiv(k, 2) AS which
		SELECT toDateTime64(%[1]d, 3, 'UTC') + cityHash64(d, which) %% %[2]d + if(k %% 2 = 1, 7200, 0) AS ts, ts, %[4]s, '%[5]s',
			if(k %% 2 = 1, 'fault_cleared', 'fault'), toString(number), 'warning', concat('{"code":"E', toString(which %% 4), '"}')
		FROM numbers(%[6]d)
		SETTINGS max_partitions_per_insert_block = 100`, from.Unix(), (hours-3)*3600, n, yearPlace(devices, prefix), class, 2*n*each)
}
