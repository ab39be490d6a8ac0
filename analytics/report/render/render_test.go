package render

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"steward/analytics/report"
	"steward/analytics/report/reporttest"
)

func TestWrite(t *testing.T) {
	r := reporttest.Small()
	f := func(format, lang, table, begins string) {
		t.Helper()
		var out bytes.Buffer
		if err := Write(t.Context(), &out, r, format, lang, table, Options{}); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if !strings.HasPrefix(out.String(), begins) {
			t.Errorf("%s begins with %.20q, wanted %q", format, out.String(), begins)
		}
	}
	f(HTML, "zh", "", "<!DOCTYPE html>\n<html lang=\"zh-CN\">")
	f(XLSX, "en", "", "PK\x03\x04")
	f(JSON, "en", "", "{")
	f(Arrow, "zh", "", "PK\x03\x04")
	f(Arrow, "zh", "response_by_project", "\xff\xff\xff\xff")
	f(Parquet, "zh", "response_by_project", "PAR1")
	f(CSV, "zh", "response_by_project", "\ufeffproject,project_zh,share,share_low")
}

func TestRefused(t *testing.T) {
	f := func(format, lang, table string, o Options, want error, says string) {
		t.Helper()
		var out bytes.Buffer
		err := Write(t.Context(), &out, reporttest.Small(), format, lang, table, o)
		if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), says) || out.Len() > 0 {
			t.Errorf("%s, %s, %s: got %v, wanted %q", format, lang, table, err, says)
		}
	}
	f("docx", "zh", "", Options{}, ErrFormat, "html, pdf, xlsx, json, arrow, parquet, csv")
	f(HTML, "fr", "", Options{}, ErrLanguage, "zh, en")
	f(CSV, "zh", "nothing", Options{}, ErrTable, "response_by_project")
	f(XLSX, "zh", "response_by_project", Options{}, nil, "only arrow, parquet and csv")
	f(PDF, "zh", "", Options{Chromium: "/no/such/chromium"}, ErrNoChromium, "install")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, &bytes.Buffer{}, reporttest.Small(), HTML, "zh", "", Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	r := reporttest.Small()
	f := func(format, lang, table, name, kind string) {
		t.Helper()
		if got := FileName(r, format, lang, table); got != name {
			t.Errorf("name %s, wanted %s", got, name)
		}
		if got := ContentType(format, table); got != kind {
			t.Errorf("%s is %s, wanted %s", format, got, kind)
		}
	}
	f(PDF, "zh", "", "monthly-2026-10-zh.pdf", "application/pdf")
	f(JSON, "zh", "", "monthly-2026-10.json", "application/json")
	f(CSV, "zh", "", "monthly-2026-10.csv.zip", "application/zip")
	r.Scope = "east/riverside"
	f(Parquet, "en", "plan", "monthly-east-riverside-2026-10-plan.parquet", "application/vnd.apache.parquet")
	r.To = r.From.AddDate(0, 0, 7)
	f(HTML, "en", "", "monthly-east-riverside-20261001-20261007-en.html", "text/html; charset=utf-8")
	r = &report.Report{Name: "../../x\r\n\"", Scope: "北京", From: time.Now()}
	f(HTML, "en", "", "x-en.html", "text/html; charset=utf-8")
	r = &report.Report{}
	f(JSON, "en", "", "report.json", "application/json")
}
