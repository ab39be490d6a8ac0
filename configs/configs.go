// Package configs holds the files of this folder inside the binary: what Steward
// goes by where an installation says nothing else.
package configs

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml rules/*.yaml
var files embed.FS

// Rules is the folder of the shipped alerting rules.
func Rules() fs.FS {
	folder, err := fs.Sub(files, "rules")
	if err != nil {
		panic("configs: " + err.Error()) // the path is well formed
	}
	return folder
}

// Standards is the text of standards.yaml: response times.
func Standards() []byte { return text("standards.yaml") }

// Calendar is the text of calendar.yaml: holidays and working hours.
func Calendar() []byte { return text("calendar.yaml") }

// Escalation is the text of escalation.yaml: who is told, and when.
func Escalation() []byte { return text("escalation.yaml") }

// Channels is the text of channels.yaml: by what people are told.
func Channels() []byte { return text("channels.yaml") }

// Tariffs is the text of tariffs.yaml: what electricity, water, gas and heat cost.
func Tariffs() []byte { return text("tariffs.yaml") }

// Replacement is the text of replacement.yaml: costs, limits and budgets of the
// replacement plan.
func Replacement() []byte { return text("replacement.yaml") }

// Scorecard is the text of scorecard.yaml: by what projects are compared.
func Scorecard() []byte { return text("scorecard.yaml") }

// Contracts is the text of contracts.yaml: what contractors pay for late repairs.
func Contracts() []byte { return text("contracts.yaml") }

// Reports is the text of reports.yaml: which reports are sent, when and to whom.
func Reports() []byte { return text("reports.yaml") }

func text(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("configs: " + err.Error()) // the test of this package reads each
	}
	return b
}
