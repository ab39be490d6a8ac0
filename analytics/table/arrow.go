package table

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// take makes a cell of the i-th value of a batch's column. text is the value for
// errors; it is only called when the cell is not good.
type take func(i int, c *cell) (v verdict, text func() string)

// readable reports whether values of a type can be cells of a kind.
func readable(k Kind, t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY, arrow.NULL:
		return true
	case arrow.DICTIONARY:
		return readable(k, t.(*arrow.DictionaryType).ValueType)
	case arrow.TIMESTAMP, arrow.DATE32, arrow.DATE64:
		return k == Time || k == Text
	case arrow.BOOL:
		return k == Flag || k == Text || k == Number
	case arrow.FLOAT64, arrow.FLOAT32, arrow.FLOAT16, arrow.DECIMAL128, arrow.DECIMAL256,
		arrow.INT64, arrow.INT32, arrow.INT16, arrow.INT8, arrow.UINT64, arrow.UINT32, arrow.UINT16, arrow.UINT8:
		return true
	}
	return false
}

// taker is the take of a column, whose type is readable as the kind.
func (p *parser) taker(k Kind, col int, a arrow.Array) take {
	if d, ok := a.(*array.Dictionary); ok {
		values := p.taker(k, col, d.Dictionary())
		return func(i int, c *cell) (verdict, func() string) {
			if d.IsNull(i) {
				*c = cell{}
				return absent, empty
			}
			return values(d.GetValueIndex(i), c)
		}
	}
	value := p.value(k, col, a)
	return func(i int, c *cell) (verdict, func() string) {
		*c = cell{}
		if a.IsNull(i) {
			return absent, empty
		}
		v := value(i, c)
		c.has = v == good
		if v == good {
			return good, nil
		}
		return v, func() string { return a.ValueStr(i) }
	}
}

func empty() string { return "" }

// value makes a cell of a value that is not null.
func (p *parser) value(k Kind, col int, a arrow.Array) func(i int, c *cell) verdict {
	if text := bytesOf(a); text != nil {
		var b []byte
		return func(i int, c *cell) verdict {
			b = append(b[:0], text(i)...)
			return p.parse(k, col, b, c)
		}
	}
	if k == Text {
		return func(i int, c *cell) verdict {
			c.text, _ = p.keep([]byte(a.ValueStr(i)))
			return good
		}
	}
	if moments := momentsOf(a); moments != nil {
		return func(i int, c *cell) verdict {
			c.at = p.clock.resolve(moments(i), col)
			return good
		}
	}
	numbers := numbersOf(a)
	if numbers == nil {
		return func(int, *cell) verdict { return absent } // of the type null
	}
	return func(i int, c *cell) verdict {
		v := numbers(i)
		if v-v != 0 { // NaN or infinite
			return absent
		}
		switch k {
		case Flag:
			c.flag = v == 1
			if v != 0 && v != 1 {
				return bad
			}
		case Time:
			m, ok := unixMoment(v)
			if !ok {
				return bad
			}
			c.at = p.clock.resolve(m, col)
		default:
			c.number = v
		}
		return good
	}
}

func bytesOf(a arrow.Array) func(i int) string {
	switch a := a.(type) {
	case *array.String:
		return a.Value
	case *array.LargeString:
		return a.Value
	case *array.Binary:
		return a.ValueString
	case *array.LargeBinary:
		return a.ValueString
	}
	return nil
}

// momentsOf reads times. A timestamp without a zone is local time, as its format
// has it, and so is a date.
func momentsOf(a arrow.Array) func(i int) moment {
	at := func(t time.Time, zoned bool) moment {
		return moment{t.Unix(), int32(t.Nanosecond()), zoned}
	}
	switch a := a.(type) {
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		return func(i int) moment { return at(a.Value(i).ToTime(t.Unit), t.TimeZone != "") }
	case *array.Date32:
		return func(i int) moment { return at(a.Value(i).ToTime(), false) }
	case *array.Date64:
		return func(i int) moment { return at(a.Value(i).ToTime(), false) }
	}
	return nil
}

func numbersOf(a arrow.Array) func(i int) float64 {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value
	case *array.Float32:
		return floats(a.Value)
	case *array.Float16:
		return func(i int) float64 { return float64(a.Value(i).Float32()) }
	case *array.Int64:
		return floats(a.Value)
	case *array.Int32:
		return floats(a.Value)
	case *array.Int16:
		return floats(a.Value)
	case *array.Int8:
		return floats(a.Value)
	case *array.Uint64:
		return floats(a.Value)
	case *array.Uint32:
		return floats(a.Value)
	case *array.Uint16:
		return floats(a.Value)
	case *array.Uint8:
		return floats(a.Value)
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) float64 { return a.Value(i).ToFloat64(scale) }
	case *array.Decimal256:
		scale := a.DataType().(*arrow.Decimal256Type).Scale
		return func(i int) float64 { return a.Value(i).ToFloat64(scale) }
	case *array.Boolean:
		return func(i int) float64 {
			if a.Value(i) {
				return 1
			}
			return 0
		}
	}
	return nil
}

func floats[T float32 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8](value func(i int) T) func(i int) float64 {
	return func(i int) float64 { return float64(value(i)) }
}
