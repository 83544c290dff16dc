package node

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/gen/pb"
)

// A database of consensus may come back from a damaged disk without its newest
// records. A node that lacks the validators it would begin with says so before
// consensus starts, which would panic over it with its log open.
func TestStartWithoutValidators(t *testing.T) {
	w := prepareWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Home = filepath.Join(halfStarted(t), "home") })
	w.start()
	w.mint(1)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	last := w.comet.BlockStore().Height()
	for height := last; height <= last+1; height++ {
		undo := w.forget(t, height)
		n, err := Start(w.c, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err == nil {
			t.Fatalf("started without the validators of height %d, the last block being %d", height, last)
		}
		if n != nil || !strings.Contains(err.Error(), "validators") || !saysWayOut("data/state/x", err.Error()) {
			t.Errorf("height %d: %v", height, err)
		}
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 2); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(all.String(), "consensus.(*BaseWAL)") {
			t.Errorf("height %d: consensus is half started", height)
		}
		undo()
	}
	w.start()
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
}

// forget takes the validators of a height out of the database, and puts them back.
func (w *world) forget(t *testing.T, height int64) (undo func()) {
	t.Helper()
	edit := func(value []byte) []byte {
		db, err := openDB(&config.DBContext{ID: dbState, Config: comet(w.c)})
		if err != nil {
			t.Fatal(err)
		}
		key := []byte("validatorsKey:" + fmt.Sprint(height))
		had, err := db.Get(key)
		if err == nil && value == nil {
			err = db.DeleteSync(key)
		} else if err == nil {
			err = db.SetSync(key, value)
		}
		if err != nil || db.Close() != nil {
			t.Fatal(err)
		}
		return had
	}
	had := edit(nil)
	if had == nil {
		t.Fatalf("there are no validators of height %d", height)
	}
	return func() { edit(had) }
}
