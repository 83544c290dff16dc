package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// cacheBytes is how much of the ledger's tables is kept in memory beside the Go
// heap: a sixteenth of the machine's, within bounds. With a million objects and 128
// MiB every row read brought its table's index and filter from the file anew.
func cacheBytes() int64 {
	return int64(min(max(memory()/16, 128<<20), 2<<30))
}

// packedBytes is how much memory rows may take that are not kept decoded, once there
// are more than that: an eighth of the machine's, and up to a sixth of it on top for
// finding them. With 24 GiB some twelve million rows of people and what they hold have room.
func packedBytes() int64 {
	return int64(min(memory()/8, 16<<30))
}

// cacheRows is how many rows are kept decoded at least, and twice as many at most. More
// cost a large ledger more than they save: the collector looks at each, and lets the heap
// grow with them, where to read a packed row takes a microsecond.
const cacheRows = 1 << 18

// reindexingEvery is how often the log says how far making indexes anew is.
const reindexingEvery = 2 * time.Second

// openLedger opens the ledger's store. The log, which may be nil, is told how far it is
// where that takes long for once; shown, which may be, sees the rows as they are read.
func openLedger(dir string, log *slog.Logger, shown func(table string) func(key, value []byte)) (*state.Store, error) {
	var told time.Time
	s, err := state.Open(dir, state.Options{CacheBytes: cacheBytes(), Rows: cacheRows, PackedBytes: packedBytes(), Shown: shown, Reindexing: func(rows, of int) {
		if log != nil && (rows == of || time.Since(told) > reindexingEvery) {
			log.Info("making the ledger's indexes anew for this version of the program", "rows", rows, "of", of)
			told = time.Now()
		}
	}})
	if err == nil {
		if err = party.VerifyUsed(s); err != nil {
			err = errors.Join(err, s.Close())
		}
	}
	if errors.Is(err, state.ErrDamaged) {
		return nil, wayOut(err, dir)
	}
	if errors.Is(err, state.ErrLayout) {
		return nil, fmt.Errorf("%w\nNo row in %s was changed: go on with the version that wrote it, or begin anew with this one", err, dir)
	}
	return s, err
}

// wayOut says what to do about a damaged ledger.
func wayOut(err error, dir string) error {
	return fmt.Errorf("%w\nThe blocks are kept apart from it: move %s out of the way and start again, and the node makes it anew from them. Where they don't go back to the first, as prune.keep_blocks and a start from a snapshot or an export have it, restore the folder from a backup, or join again by a snapshot", err, dir)
}

// harmed makes an error of a panic over damage that opening the ledger did not come
// upon, and panics on over anything else: a filter or an index of a table's file is not
// needed to read all of its rows, but to find one.
func harmed(r any, dir string) error {
	if err, ok := r.(error); ok && errors.Is(err, state.ErrDamaged) {
		return wayOut(err, dir)
	}
	panic(r)
}

// startRoom is the room on the disk that a node wants to start with. With less,
// Pebble tries for ever to write what it needs to go on.
const startRoom = 32 << 20

// checkRoom refuses to start on a full disk.
func checkRoom(home string) error {
	if free, err := diskFree(home); err == nil && free < startRoom {
		return fmt.Errorf("the disk of %s has %d MiB left (no space left on device); make room, at least %d MiB, and start again: nothing that was acknowledged is lost", home, free>>20, startRoom>>20)
	}
	return nil
}

// databases are CometBFT's, opened here. CometBFT closes them when it is
// stopped, but not when it could not start.
type databases struct {
	mu   sync.Mutex
	list []*database
}

func (d *databases) open(c *config.DBContext) (dbm.DB, error) {
	db, err := openDB(c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, db)
	return db, nil
}

// each hands over what is known of each that is open.
func (d *databases) each(fn func(name string, m *pebble.Metrics)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, db := range d.list {
		if leave, ok := db.enterOpen(); ok {
			fn(db.name, db.disk.Metrics(db.db))
			leave()
		}
	}
}

// err is why one of them can't be written any more, nil as long as all can.
// CometBFT doesn't say it of each: of evidence it only writes a line into its log.
func (d *databases) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, db := range d.list {
		if err := db.disk.Err(); err != nil {
			return fmt.Errorf("data/%s: %w", db.name, err)
		}
	}
	return nil
}

// compact gives the space back to the disk that removed values still take.
func (d *databases) compact(ctx context.Context) error {
	d.mu.Lock()
	list := slices.Clone(d.list)
	d.mu.Unlock()
	for _, db := range list {
		if err := db.compact(ctx, nil, nil); err != nil {
			return fmt.Errorf("compacting: %w", err)
		}
	}
	return nil
}

// close closes what is still open.
func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, db := range slices.Backward(d.list) {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}
