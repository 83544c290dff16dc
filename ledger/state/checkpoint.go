package state

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Checkpoint writes a copy of the store, as it is after some height that is not
// before the last committed one, into a folder that is not there yet. Files that
// don't change are hard links where the file system has them. Blocks go on
// meanwhile. Any goroutine may call it.
func (s *Store) Checkpoint(dir string) error {
	if err := s.disk.Do(func() error { return s.db.Checkpoint(dir, pebble.WithFlushedWAL()) }); err != nil {
		return fmt.Errorf("state: copying the store to %s: %w", dir, err)
	}
	return nil
}

// Sync waits until every block that is committed is on disk for good. It is for
// the goroutine that executes, before the blocks themselves are given up. On an
// error nothing is known to be on disk that was not before, and nothing more can
// be written.
func (s *Store) Sync() error {
	if err := s.disk.Do(func() error { return s.db.LogData(nil, pebble.Sync) }); err != nil {
		return fmt.Errorf("state: syncing: %w", err)
	}
	return nil
}

// Forget takes out local rows outside of any block, and puts others in, all or
// none: those of keys, where Value is nil, and those from one key on and before
// another. Nothing that the tree commits to is touched. Any goroutine may call
// it; Close must not come before it returns.
func (s *Store) Forget(rows []Local, from, before []byte) error {
	b := s.db.NewBatch()
	for _, l := range rows {
		l.write(b)
	}
	if bytes.Compare(from, before) < 0 {
		must(b.DeleteRange(local(from), local(before), nil))
	}
	if err := s.disk.Do(func() error { return b.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("state: forgetting local rows: %w", err)
	}
	return nil
}

// Compact gives the space back to the disk that removed local rows with a prefix
// still take.
func (s *Store) Compact(ctx context.Context, prefix []byte) error {
	low := local(prefix)
	if err := s.disk.Do(func() error { return s.db.Compact(ctx, low, after(low), false) }); err != nil {
		return fmt.Errorf("state: compacting: %w", err)
	}
	return nil
}

// local is a local row's key in Pebble.
func local(key []byte) []byte { return append([]byte{spaceLocal}, key...) }

func (l Local) write(b *pebble.Batch) {
	if l.Value == nil {
		must(b.Delete(local(l.Key), nil))
		return
	}
	d := b.SetDeferred(1+len(l.Key), len(l.Value))
	d.Key[0] = spaceLocal
	copy(d.Key[1:], l.Key)
	copy(d.Value, l.Value)
	must(d.Finish())
}
