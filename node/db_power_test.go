package node

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/ledger/state/disk"
)

// TestDatabasePowerLoss takes the power away between any two operations on the
// disk: what consensus was told is synced is there, and of each batch all or
// nothing.
func TestDatabasePowerLoss(t *testing.T) {
	const batches, rows = 120, 5
	options := func(fs vfs.FS) *pebble.Options {
		return &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest, MemTableSize: 128 << 10}
	}
	type crash struct {
		fs     *vfs.MemFS
		synced int // the last batch that was acknowledged
	}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		mem := vfs.NewCrashableMem()
		var mu sync.Mutex
		var crashes []crash
		synced, next := 0, r.IntN(20)
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if next--; op.Kind.ReadOrWrite() == errorfs.OpIsWrite && next < 0 && len(crashes) < 12 {
				next = r.IntN(40)
				crashes = append(crashes, crash{mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(3) * 50, RNG: r}), synced})
			}
			return nil
		}))
		p, d, err := disk.Open("db", options(fs))
		if err != nil {
			t.Fatal(err)
		}
		db := &database{db: p, disk: d}
		for n := 1; n <= batches; n++ {
			b := db.NewBatch()
			for i := range rows {
				if err := b.Set(fmt.Appendf(nil, "%04d/%d", n, i), make([]byte, 1000)); err != nil {
					t.Fatal(err)
				}
			}
			write := b.WriteSync
			if n%3 == 0 {
				write = b.Write
			}
			if err := write(); err != nil {
				t.Fatal(err)
			}
			if n%3 != 0 {
				mu.Lock()
				synced = n
				mu.Unlock()
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for i, c := range crashes {
			p, d, err := disk.Open("db", options(c.fs))
			if err != nil {
				t.Fatalf("seed %d, crash %d: %v", seed, i, err)
			}
			db := &database{db: p, disk: d}
			for n := 1; n <= batches; n++ {
				have := 0
				for i := range rows {
					if ok, err := db.Has(fmt.Appendf(nil, "%04d/%d", n, i)); err != nil {
						t.Fatal(err)
					} else if ok {
						have++
					}
				}
				if have != 0 && have != rows || have == 0 && n <= c.synced {
					t.Errorf("seed %d, crash %d: of batch %d, %d of %d rows are there; synced was %d", seed, i, n, have, rows, c.synced)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// On a disk that refuses a write, whichever, CometBFT is told of it as an error
// that says what to do, at the next write at the latest that waits for the disk,
// and from then on.
func TestDatabaseFullDisk(t *testing.T) {
	for left := range 40 {
		var mu sync.Mutex
		n := left
		full := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind != errorfs.OpFileWrite && op.Kind != errorfs.OpCreate && op.Kind != errorfs.OpReuseForWrite {
				return nil
			}
			if n--; n < 0 {
				return syscall.ENOSPC
			}
			return nil
		}))
		p, d, err := disk.Open("db", &pebble.Options{FS: full, MemTableSize: 64 << 10})
		if err == nil {
			db := &database{db: p, disk: d}
			for i := 0; i < 1000 && err == nil; i++ {
				err = db.SetSync(fmt.Append(nil, "key ", i), make([]byte, 1000))
			}
			if again := db.Set([]byte("key"), []byte("value")); again == nil || again != err {
				t.Fatalf("%d writes: %v, and then %v", left, err, again)
			}
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
			t.Fatalf("%d writes: %v", left, err)
		}
	}
}

// Whoever still reads when the database is closed ends, and nothing panics; what
// is under way is waited for.
func TestCloseUnderReaders(t *testing.T) {
	d, err := openDatabase(&config.DBContext{ID: "test", Config: config.DefaultConfig().SetRoot(t.TempDir())}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set([]byte("a"), []byte("b")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			read := func() error {
				it, err := d.Iterator(nil, nil)
				if err != nil {
					return err
				}
				defer it.Close()
				_, err = d.Get([]byte("a")) // with an iterator open, while Close waits
				return err
			}
			for {
				if err := read(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
