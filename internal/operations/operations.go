// Package operations is what projects do beside their devices: inspections,
// complaints, fees and repair orders. Other systems and people tell of them by the
// API, by MQTT and in files, and all of it is read and checked here.
//
// A record is told as a whole: of several with one id in a project, whichever has
// the greatest Updated is the record. [Kinds] lists the kinds; [Kind.Read] makes a
// record of what somebody sent, and says everything that is wrong with it.
//
// Reading is pure: the same input gives the same record. Nobody's name is kept. An
// inspector becomes a keyed hash or nothing; notes are short, and those who write
// them are told to name nobody.
package operations

import (
	"cmp"
	"slices"
	"time"

	"steward/internal/authz"
)

// Source is the way by which a record came.
type Source string

// The sources.
const (
	API  Source = "api"
	MQTT Source = "mqtt"
	CSV  Source = "csv"
)

// Head is what every record has.
type Head struct {
	authz.Place           // the project
	ID          string    `json:"id" example:"2026-11-fire-3" doc:"Unique in the project among records of the kind; in lower case."`
	Updated     time.Time `json:"updated" doc:"When the record became what it is: of several with one id the newest counts."`
	Received    time.Time `json:"received" doc:"When Steward was told."`
	Source      Source    `json:"source" enum:"api,mqtt,csv" example:"api"`
	Withdrawn   bool      `json:"withdrawn,omitempty" doc:"It never was: no number counts it."`
}

// Of is the head itself.
func (h *Head) Of() *Head { return h }

// Record is a record of any kind: *Inspection, *Complaint, *Fee or *RepairOrder.
type Record interface {
	Of() *Head
	Kind() *Kind
	// Values are pointers to what the kind's Fields are, in their order: *string,
	// *time.Time, **time.Time, *float64, **float64 or **uint8.
	Values() []any
	// check says what is wrong with the fields beside one another.
	check(*checker)
}

// Kind is one of the four kinds of record.
type Kind struct {
	Name   string // of the table, such as repair_orders
	Path   string // in addresses and commands, such as repair-orders
	Topic  string // the last segment of its MQTT topic, such as repair
	One    string // one of them in a sentence, such as repair order
	Time   string // the field by which it is listed
	Sort   string // the field that says of what sort it is: kind or type
	Fields []Field

	blank func() Record
}

// New is a record without contents.
func (k *Kind) New() Record { return k.blank() }

// Kinds are all kinds.
func Kinds() []*Kind { return []*Kind{&inspections, &complaints, &fees, &repairOrders} }

// Inspections, Complaints, Fees and RepairOrders are the kinds.
func Inspections() *Kind { return &inspections }

// Complaints is the kind of Complaint.
func Complaints() *Kind { return &complaints }

// Fees is the kind of Fee.
func Fees() *Kind { return &fees }

// RepairOrders is the kind of RepairOrder.
func RepairOrders() *Kind { return &repairOrders }

// KindOf finds a kind by its name or by its path; nil when there is none.
func KindOf(name string) *Kind {
	for _, k := range Kinds() {
		if name == k.Name || name == k.Path {
			return k
		}
	}
	return nil
}

// Key names a record among those of its kind.
type Key struct {
	authz.Place
	ID string
}

// KeyOf is the key of a record.
func KeyOf(r Record) Key { return Key{r.Of().Place, r.Of().ID} }

// Compare orders keys as the tables do.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Region, o.Region), cmp.Compare(k.Project, o.Project), cmp.Compare(k.ID, o.ID))
}

// field finds a field by its name.
func (k *Kind) field(name string) (Field, int) {
	i := slices.IndexFunc(k.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, -1
	}
	return k.Fields[i], i
}

// TimeOf is the time by which a record is listed, that of its kind's Time: UTC, and
// the beginning of the month for a Fee.
func TimeOf(r Record) time.Time {
	_, i := r.Kind().field(r.Kind().Time)
	switch v := r.Values()[i].(type) {
	case *time.Time:
		return *v
	case *string:
		if at, err := time.Parse(time.DateOnly, *v); err == nil {
			return at
		}
	}
	return time.Unix(0, 0).UTC()
}
