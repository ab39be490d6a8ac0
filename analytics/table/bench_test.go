package table

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func BenchmarkCSV(b *testing.B) {
	const rows = 1_000_000
	f := func(name, header string, line func(i int) string, zone string, columns ...Column) {
		text := []byte(header + "\n")
		for i := range rows {
			text = append(text, line(i)...)
			text = append(text, '\n')
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n, err := ReadFrom(b.Context(), Stdin, bytes.NewReader(text), columns, Options{Zone: loc}, func(*Row) error { return nil })
				if n != rows || err != nil {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(i int) string { return begin.Add(time.Duration(i) * time.Minute).Format("2006-01-02 15:04:05") }
	f("numbers", "time,event,count", func(i int) string { return fmt.Sprintf("%d.25,%d,%d", i%9000, i%2, i%7+1) }, "UTC",
		Column{Name: "time"}, Column{Name: "event", Kind: Flag}, Column{Name: "count"})
	f("local times", "ts,value,temp_c", func(i int) string { return fmt.Sprintf("%s,%.3f,%.1f", at(i), float64(i%977)/7, float64(i%40)) }, "Europe/Berlin",
		Column{Name: "ts", Kind: Time}, Column{Name: "value"}, Column{Name: "temp_c"})
	f("series", "ts,value,meter", func(i int) string {
		return fmt.Sprintf("%sZ,%d,harbour/meter-%d", strings.Replace(at(i), " ", "T", 1), i, i%1000)
	}, "Asia/Shanghai", Column{Name: "ts", Kind: Time}, Column{Name: "value"}, Column{Name: "meter", Kind: Text, Series: true})
	f("quoted", `"ts","value","meter"`, func(i int) string { return fmt.Sprintf(`"%s","%d","meter ""%d"""`, at(i), i, i%1000) }, "UTC",
		Column{Name: "ts", Kind: Time}, Column{Name: "value"}, Column{Name: "meter", Kind: Text})
}

func BenchmarkParquet(b *testing.B) {
	const rows = 1_000_000
	schema := arrow.NewSchema([]arrow.Field{nullable("ts", arrow.FixedWidthTypes.Timestamp_ms), nullable("value", arrow.PrimitiveTypes.Float64), nullable("meter", arrow.BinaryTypes.String)}, nil)
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range rows {
		build.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1_769_847_300_000 + int64(i)*60_000))
		build.Field(1).(*array.Float64Builder).Append(float64(i % 977))
		build.Field(2).(*array.StringBuilder).Append(fmt.Sprint("meter-", i%1000))
	}
	path := writeFile(b, "a.parquet", parquetOf(b, build.NewRecord()))
	b.ReportAllocs()
	for b.Loop() {
		n, err := Read(b.Context(), path, series, Options{}, func(*Row) error { return nil })
		if n != rows || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
