package clickhouse

import "context"

// TableSize is what a table takes on disk.
type TableSize struct {
	Table string
	Rows  uint64
	Bytes uint64 // compressed, with indices and marks; of live parts only
	Parts uint64
}

// Disk lists the sizes of the database's tables that have any rows, by name.
func (s *Store) Disk(ctx context.Context) ([]TableSize, error) {
	var sizes []TableSize
	err := s.each(ctx, "disk", nil, func(scan func(...any) error) error {
		var t TableSize
		if err := scan(&t.Table, &t.Rows, &t.Bytes, &t.Parts); err != nil {
			return err
		}
		sizes = append(sizes, t)
		return nil
	})
	return sizes, err
}
