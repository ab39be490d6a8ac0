package app

import (
	"net/url"

	"steward/analytics/tariff"
	"steward/dashboard/api"
)

// configured tells the API what the files say.
type configured struct{ app *App }

func fileSource(path, shipped, key string) api.FileSource {
	if path == "" {
		return api.FileSource{File: shipped, Shipped: true, Key: key}
	}
	return api.FileSource{File: path, Key: key}
}

func (c configured) Standards() api.Standards {
	out := api.Standards{
		FileSource: fileSource(c.app.cfg.Alerting.Standards, "configs/standards.yaml", "alerting.standards"), Items: []api.Standard{},
	}
	list := func(of []string) []string { return append([]string{}, of...) }
	for _, s := range c.app.alertingFiles.Standards.All {
		out.Items = append(out.Items, api.Standard{
			Name: s.Name, Title: s.Title, Incidents: list(s.Incidents), Start: s.Start, Stop: list(s.Stop), Limit: s.Limit.Seconds(), WarnBefore: s.WarnBefore.Seconds(),
			Calendar: s.Calendar, Pause: list(s.Pause), Warn: list(s.Warn), Breach: list(s.Breach), LifeSafety: s.LifeSafety(), Line: s.Line, Remark: s.Remark,
		})
	}
	return out
}

func (c configured) Tariffs() api.Tariffs {
	out := api.Tariffs{
		FileSource: fileSource(c.app.cfg.Analytics.Tariffs, "configs/tariffs.yaml", "analytics.tariffs"), Items: []api.Tariff{},
	}
	for _, t := range c.app.analyticsFiles.Tariffs.Shapes() {
		one := api.Tariff{Name: t.Name, Title: t.Title, Zone: t.Zone, Media: []api.TariffMedium{}}
		for _, m := range t.Media {
			medium := api.TariffMedium{Medium: m.Medium, Source: m.Source, Versions: []api.TariffVersion{}}
			for i := range m.Versions {
				medium.Versions = append(medium.Versions, tariffVersion(&m.Versions[i]))
			}
			one.Media = append(one.Media, medium)
		}
		out.Items = append(out.Items, one)
	}
	return out
}

func tariffVersion(v *tariff.VersionShape) api.TariffVersion {
	out := api.TariffVersion{From: v.From, To: v.To, Seasons: []api.TariffSeason{}, Surcharge: v.Surcharge, PowerFactor: v.PowerFactor}
	for _, s := range v.Seasons {
		season := api.TariffSeason{Months: s.Months, Days: s.Days, Hours: []api.TariffHours{}}
		for _, h := range s.Hours {
			season.Hours = append(season.Hours, api.TariffHours{From: h.From, To: h.To, Period: h.Period.String(), Price: h.Price})
		}
		out.Seasons = append(out.Seasons, season)
	}
	if t := v.Tiers; t != nil {
		out.Tiers = &api.TariffTiers{Per: t.Per, Begins: t.Begins, Steps: []api.TariffStep{}}
		for _, s := range t.Steps {
			out.Tiers.Steps = append(out.Tiers.Steps, api.TariffStep(s))
		}
	}
	if v.Basic != nil {
		basic := api.TariffBasic(*v.Basic)
		out.Basic = &basic
	}
	if v.Area != nil {
		area := api.TariffArea(*v.Area)
		out.Area = &area
	}
	return out
}

func (c configured) Door() api.Door {
	cfg := &c.app.cfg
	d := api.Door{
		MaxPayload: int64(cfg.Ingest.MaxPayload), Ahead: cfg.Ingest.ClockAhead.Std().Seconds(), Behind: cfg.Ingest.ClockBehind.Std().Seconds(),
		Unknown: cfg.Registry.UnknownDevices,
	}
	if reach := c.app.connected.Load(); reach != nil {
		d.Connected = (*reach)() == nil
	}
	if cfg.embeddedBroker() {
		d.Embedded, d.Address, d.Anonymous = true, cfg.Broker.Listen, cfg.Broker.Anonymous
		d.TLS = cfg.Broker.TLS.CertFile != ""
		return d
	}
	d.TLS = cfg.MQTT.TLS.Enabled
	if u, err := url.Parse(cfg.MQTT.Broker); err == nil {
		d.Address = u.Host // an address may hold a password
	}
	return d
}
