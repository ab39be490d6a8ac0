package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"time"

	"steward/internal/telemetry"
)

// ImportSource is a file of readings or events with the columns of Export, in
// any order. Of readings these are ts, region, project, class, device, metric
// and value, and received if it has it; of events ts, region, project, class,
// device and kind, and received, id, severity and attrs if it has them. Times are
// times of Arrow or Parquet, Unix milliseconds, RFC 3339, or
// "2006-01-02 15:04:05.000" in UTC.
type ImportSource struct {
	Table   string // TableReadings or TableEvents
	Format  string // FormatArrow (IPC stream or file), FormatParquet or FormatCSV
	Name    string // of the file, for messages
	Content interface {
		io.ReadSeeker
		io.ReaderAt
	}
}

// ImportOptions change how a file is imported. The zero value is good.
type ImportOptions struct {
	DryRun   bool                         // check every row and store nothing
	MaxBad   int64                        // bad rows after which the import gives up; DefaultMaxBad when 0
	Progress func(ImportResult)           // called after each chunk; may be nil
	Redact   func(telemetry.Event) string // gives the attrs to store, without what identifies people; nil leaves them
	Now      func() time.Time             // time.Now when nil

	// Keep is how long events of a class are kept. Older ones are bad rows: the
	// table would drop them as soon as it has them. Older readings live on in
	// their hours and days.
	Keep map[telemetry.Class]time.Duration
}

// ImportResult counts what became of a file's rows.
type ImportResult struct {
	Rows     int64        `json:"rows"`     // of the file, as far as it was read
	Stored   int64        `json:"stored"`   // by this run; by a dry run: that would be
	Before   int64        `json:"before"`   // stored or quarantined by earlier runs on the same file
	Bad      int64        `json:"bad"`      // quarantined by this run; by a dry run: that would be
	Problems []RowProblem `json:"problems"` // of the first bad rows
	DryRun   bool         `json:"dry_run"`
}

// RowProblem is what is wrong with one row.
type RowProblem struct {
	Row     int64  `json:"row"` // 1 is the first row of data
	Problem string `json:"problem"`
}

// ErrBadFile: the file is not what it was said to be, or damaged; it stays so.
var ErrBadFile = errors.New("the file cannot be imported")

// maxRowProblems is how many problems are told; all are in dead_letters.
const maxRowProblems = 100

// importChunk is how many rows are stored at once: as many as fit into one
// insert, since each makes a part in every month and class that it touches.
// importChunkBytes bounds the memory that they take.
var importChunk int64 = maxInsertRows

const importChunkBytes = maxInsertBytes

// Import stores the rows of a file. Each row is checked as at the door, except
// that it may be of any age; a row that cannot be kept goes to dead_letters with
// its number and what is wrong with it.
//
// How far an import came is kept in the store, by the content of the file: one
// that broke off is run again and goes on, and a file that was imported whole
// adds nothing. The chunk at which it broke off is offered again with the token
// that it had, so that it is not stored twice, as long as ClickHouse remembers
// the token: for ten thousand inserts (see Append).
func (s *Store) Import(ctx context.Context, src ImportSource, o ImportOptions) (ImportResult, error) {
	if src.Table != TableReadings && src.Table != TableEvents {
		return ImportResult{}, &ArgumentError{"table", src.Table, "is not one of readings, events"}
	}
	if o.MaxBad == 0 {
		o.MaxBad = DefaultMaxBad
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	im := &importing{
		store: s, src: src, opts: o, result: ImportResult{DryRun: o.DryRun, Problems: []RowProblem{}},
		at:    importPosition{target: src.Table, name: path.Base(src.Name), started: telemetry.MillisOf(o.Now())},
		batch: new(Batch), devices: map[telemetry.Device]*telemetry.Device{},
	}
	err := im.run(ctx)
	if err != nil {
		err = fmt.Errorf("import %s from %s: %w", src.Table, im.at.name, err)
	}
	return im.result, err
}

// importing is the import of one file. It belongs to one goroutine.
type importing struct {
	store  *Store
	src    ImportSource
	opts   ImportOptions
	result ImportResult
	at     importPosition // what is stored for certain

	batch   *Batch // the chunk that is being filled
	devices map[telemetry.Device]*telemetry.Device
	rows    int64 // of the chunk
	bad     int64 // of them
}

func (im *importing) run(ctx context.Context) error {
	if err := im.resume(ctx); err != nil || im.at.finished {
		return err
	}
	frames, err := openFrames(im.src)
	if err != nil {
		return err
	}
	skip := im.at.rows
	for {
		f, err := frames.next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("after row %d: %w", im.result.Rows, err)
		}
		if err := f.require(im.src.Table); err != nil {
			return err
		}
		for i := range f.rows {
			im.result.Rows++
			if skip > 0 {
				skip--
				im.result.Before++
				continue
			}
			if err := im.row(f, i); err != nil {
				return fmt.Errorf("row %d: %w", im.result.Rows, err)
			}
			if im.bad+im.at.bad > im.opts.MaxBad {
				return fmt.Errorf("%w: more than %d rows are bad, the last is row %d: %s", ErrBadFile, im.opts.MaxBad, im.result.Rows, im.lastProblem())
			}
			if im.rows == importChunk || im.batch.Bytes() >= importChunkBytes {
				if err := im.flush(ctx, false); err != nil {
					return err
				}
			}
		}
	}
	return im.flush(ctx, true)
}

// resume finds out what earlier runs on the same content stored.
func (im *importing) resume(ctx context.Context) error {
	if im.opts.DryRun {
		_, err := im.src.Content.Seek(0, io.SeekStart)
		return err
	}
	hash := sha256.New()
	if _, err := im.src.Content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(hash, im.src.Content); err != nil {
		return err
	}
	if _, err := im.src.Content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	im.at.hash = hex.EncodeToString(hash.Sum(nil))
	if err := im.store.importedSoFar(ctx, &im.at); err != nil {
		return err
	}
	if im.at.finished {
		im.result.Rows, im.result.Before = im.at.rows, im.at.rows
		return nil
	}
	// Noted before anything is stored: a later run judges and stamps rows by the
	// same time, and so makes the same chunks of them.
	return im.store.noteImport(ctx, im.at)
}

// row adds a row to the chunk, or what is wrong with it. An error is the file's.
func (im *importing) row(f *frame, i int) (err error) {
	defer damaged(&err) // offsets within Arrow's columns are found wrong only when they are used
	im.rows++
	var reject *telemetry.RejectError
	if im.src.Table == TableReadings {
		var r telemetry.Reading
		if r, reject = im.reading(f, i); reject == nil {
			im.batch.AddReading(r)
			return nil
		}
	} else {
		var e telemetry.Event
		if e, reject = im.event(f, i); reject == nil {
			im.batch.AddEvent(e)
			return nil
		}
	}
	im.bad++
	if len(im.result.Problems) < maxRowProblems {
		im.result.Problems = append(im.result.Problems, RowProblem{im.result.Rows, reject.Error()})
	}
	im.batch.AddDeadLetter(im.letter(f, i, reject))
	return nil
}

func (im *importing) lastProblem() string {
	if n := len(im.result.Problems); n > 0 {
		return im.result.Problems[n-1].Problem
	}
	return "see dead_letters"
}

// flush stores the chunk and notes that it is.
func (im *importing) flush(ctx context.Context, last bool) error {
	next := im.at
	next.chunks++
	next.rows += im.rows
	next.bad += im.bad
	next.stored += im.rows - im.bad
	next.finished = last
	if !im.opts.DryRun {
		token := "import/" + im.src.Table + "/" + im.at.hash + "/" + strconv.FormatInt(im.at.chunks, 10)
		if err := im.store.Append(ctx, im.batch, token); err != nil {
			return err
		}
		if err := im.store.noteImport(ctx, next); err != nil {
			return err
		}
	}
	im.at = next
	im.result.Stored += im.rows - im.bad
	im.result.Bad += im.bad
	im.rows, im.bad = 0, 0
	im.batch.Reset()
	clear(im.devices)
	if im.opts.Progress != nil {
		im.opts.Progress(im.result)
	}
	return ctx.Err()
}
