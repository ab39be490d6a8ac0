package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
)

// Health is how this process does, as people read it: the numbers are those of
// /metrics at one moment.
type Health struct {
	StartedAt time.Time     `json:"started_at" doc:"When this process started."`
	Problems  []NotReady    `json:"problems" nullable:"false" doc:"What does not work at the moment; none when all does."`
	Ingest    HealthIngest  `json:"ingest"`
	Spool     HealthSpool   `json:"spool"`
	Store     *HealthStore  `json:"store,omitempty" doc:"Absent while the store does not answer."`
	Disk      *HealthDisk   `json:"disk,omitempty" doc:"Of the data directory. Absent where it cannot be asked."`
	Live      HealthLive    `json:"live"`
	Notices   HealthNotices `json:"notices"`
}

// NotReady is a part that does not work at the moment.
type NotReady struct {
	Name   string `json:"name" example:"clickhouse"`
	Reason string `json:"reason" doc:"Why, and what to do."`
}

// HealthIngest is the way of messages from the broker into the store.
type HealthIngest struct {
	Connected      bool    `json:"connected" doc:"To the broker."`
	Reconnects     uint64  `json:"reconnects" doc:"Connections to the broker that ended, since the start."`
	StoreLag       float64 `json:"store_lag_seconds" doc:"Age of the oldest message that the store has not confirmed."`
	AlertingLag    float64 `json:"alerting_lag_seconds" doc:"Age of the message that alerting takes next."`
	InsertFailures uint64  `json:"insert_failures" doc:"Batches that the store did not take at the first attempt, since the start; they are tried again."`
	Late           uint64  `json:"late_readings" doc:"Stored readings that were older than the newest of their device, since the spool began."`
	Repeated       uint64  `json:"repeated_values" doc:"Readings, states and events that were there before, since the spool began."`
}

// HealthSpool is the log on disk in which messages wait for the store.
type HealthSpool struct {
	Records  uint64        `json:"records" doc:"Messages that some consumer has not done."`
	Bytes    int64         `json:"bytes" doc:"Size on disk."`
	MaxBytes int64         `json:"max_bytes" doc:"Bound of the size."`
	Full     bool          `json:"full" doc:"Messages are not acknowledged until there is room."`
	Refused  uint64        `json:"refused" doc:"Messages that were not acknowledged for want of room, since the start; the broker or the device sends them again."`
	Readers  []SpoolReader `json:"readers" nullable:"false"`
}

// SpoolReader is a consumer of the spool.
type SpoolReader struct {
	Name    string `json:"name" example:"store"`
	Records uint64 `json:"records" doc:"Messages that it has not done."`
	Bytes   int64  `json:"bytes"`
}

// HealthStore is what the store takes.
type HealthStore struct {
	Bytes  uint64       `json:"bytes"`
	Tables []StoreTable `json:"tables" nullable:"false" doc:"Those with any rows, by name."`
}

// StoreTable is a table of the store.
type StoreTable struct {
	Name  string `json:"name" example:"readings"`
	Rows  uint64 `json:"rows"`
	Bytes uint64 `json:"bytes" doc:"Compressed, with indices."`
	Parts uint64 `json:"parts" doc:"Files of the table; thousands are too many."`
}

// HealthDisk is the disk of the data directory.
type HealthDisk struct {
	FreeBytes  uint64 `json:"free_bytes"`
	TotalBytes uint64 `json:"total_bytes"`
}

// HealthLive is what the live pages take.
type HealthLive struct {
	Clients   int               `json:"clients" doc:"Websockets that are connected."`
	Devices   int               `json:"devices" doc:"Whose latest values are held in memory."`
	Incidents int               `json:"incidents" doc:"That are open."`
	Sessions  int               `json:"sessions" doc:"Of people, of the whole installation."`
	Missed    uint64            `json:"missed" doc:"Updates that slow clients lost before a fresh snapshot, since the start."`
	Dropped   map[string]uint64 `json:"dropped" doc:"Connections that the server ended, by reason, since the start."`
	Memory    uint64            `json:"memory_bytes" doc:"That this process takes."`
}

// HealthNotices is what people are still to be told.
type HealthNotices struct {
	Waiting   int     `json:"waiting" doc:"Not sent yet, with those held until later."`
	OldestAge float64 `json:"oldest_age_seconds"`
	GivenUp   uint64  `json:"given_up" doc:"That reached nobody: every channel was tried as often as it may be. Since the start."`
}

type healthOut struct{ Body Health }

var exampleHealth = Health{
	StartedAt: exampleTime, Problems: []NotReady{},
	Ingest: HealthIngest{Connected: true, StoreLag: 0.21, AlertingLag: 0.01, Late: 812, Repeated: 120},
	Spool:  HealthSpool{Records: 40, Bytes: 8 << 20, MaxBytes: 4 << 30, Readers: []SpoolReader{{Name: "store", Records: 40, Bytes: 9120}}},
	Store:  &HealthStore{Bytes: 3 << 30, Tables: []StoreTable{{Name: "readings", Rows: 812_000_000, Bytes: 2 << 30, Parts: 48}}},
	Disk:   &HealthDisk{FreeBytes: 80 << 30, TotalBytes: 200 << 30},
	Live:   HealthLive{Clients: 12, Devices: 4800, Incidents: 3, Sessions: 41, Dropped: map[string]uint64{"slow": 1}, Memory: 310 << 20},
}

func (a *API) registerHealth() {
	register(a, authz.Read, operation{
		ID: "read-health", Method: http.MethodGet, Path: "/health", Tag: "Installation", Summary: "Read how the installation does",
		Description: "A readable part of /metrics: how far the ingest is behind, what waits on disk, what the store takes, and what does not work. Of the process that answers.",
		Everywhere:  true, Answer: exampleHealth,
	}, func(ctx context.Context, _ caller, _ *struct{}) (*healthOut, error) {
		if a.Health == nil {
			return nil, notHere("the ingest")
		}
		h, err := a.Health(ctx)
		return &healthOut{h}, err
	})
}
