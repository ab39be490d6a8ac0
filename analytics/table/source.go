package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// source is a file or standard input.
type source struct {
	name string   // for messages
	file *os.File // nil of standard input
	size int64    // 0 when unknown, as of a pipe

	counted *counted
	raw     *bufio.Reader // as stored
	in      io.Reader     // uncompressed
	rows    int64         // when known beforehand
}

var (
	parquetMark = []byte("PAR1")
	gzipMark    = []byte{0x1f, 0x8b}
)

// strangers are the beginnings of files that are often given for a CSV.
var strangers = []struct{ mark, is string }{
	{"PK\x03\x04", "a spreadsheet or a zip file: save it as CSV UTF-8"},
	{"\xd0\xcf\x11\xe0", "an old spreadsheet: save it as CSV UTF-8"},
	{"\xff\xfe", "UTF-16: save it as CSV UTF-8"},
	{"\xfe\xff", "UTF-16: save it as CSV UTF-8"},
	{"ARROW1", "an Arrow file: save it as Parquet or CSV"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd: uncompress it, or compress it with gzip"},
	{"\xfd7zXZ", "compressed with xz: uncompress it, or compress it with gzip"},
	{"BZh", "compressed with bzip2: uncompress it, or compress it with gzip"},
}

// counted counts the bytes that were read.
type counted struct {
	from io.Reader
	n    int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// open opens a file; of Stdin it takes in, or the process's when that is nil.
func open(path string, in io.Reader) (*source, error) {
	s := &source{name: filepath.ToSlash(path)}
	if path == Stdin {
		s.name = "standard input"
		if in == nil {
			in = os.Stdin
		}
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err == nil && info.IsDir() {
			err = fmt.Errorf("%s is a folder: name a file of it", path)
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		s.file, in = file, file
		if info.Mode().IsRegular() {
			s.size = info.Size()
		}
	}
	s.counted = &counted{from: in}
	s.raw = bufio.NewReaderSize(s.counted, 256<<10)
	return s, nil
}

func (s *source) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// peek looks at how the file begins, and makes it ready to be read.
func (s *source) peek() ([]byte, error) {
	begin, err := s.raw.Peek(8)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	s.in = s.raw
	if bytes.HasPrefix(begin, gzipMark) {
		unzip, err := gzip.NewReader(s.raw)
		if err != nil {
			return nil, fmt.Errorf("%s: not a gzip file: %w", s.name, err)
		}
		plain := bufio.NewReaderSize(unzip, 256<<10)
		if begin, err = plain.Peek(8); err != nil && err != io.EOF { //nolint:errorlint // an end is never wrapped
			return nil, fmt.Errorf("%s: the gzip file is damaged: %w", s.name, err)
		}
		if bytes.HasPrefix(begin, parquetMark) {
			return nil, fmt.Errorf("%s: a Parquet file within gzip: uncompress it first", s.name)
		}
		s.in = plain
	}
	for _, other := range strangers {
		if bytes.HasPrefix(begin, []byte(other.mark)) {
			return nil, fmt.Errorf("%s: is %s", s.name, other.is)
		}
	}
	return begin, nil
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if err != nil && err != io.EOF && s.in != io.Reader(s.raw) { //nolint:errorlint // an end is never wrapped
		err = fmt.Errorf("the gzip file is damaged or cut off: %w", err)
	}
	return n, err
}

// share is which share of the file has been read, 0 when that is unknown.
func (s *source) share(rows int64) float64 {
	switch {
	case s.rows > 0:
		return float64(rows) / float64(s.rows)
	case s.size > 0:
		return min(1, float64(s.counted.n)/float64(s.size))
	}
	return 0
}
