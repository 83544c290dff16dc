package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// usedHome is a stopped node with some blocks behind it: good transactions, a refused
// one, a hold, several in a block.
func usedHome(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 3)
	w.mint(1000)
	for i := range 10 {
		w.must(w.pay(i%3, 1))
	}
	w.want(pb.Code_INSUFFICIENT, w.pay(0, 1_000_000))
	w.send(w.pay(0, 1), w.pay(1, 2), w.pay(2, 3))
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	return w
}

// fsckClean expects that all is well.
func fsckClean(t *testing.T, home string, replay bool) *Checked {
	t.Helper()
	c, err := Fsck(home, FsckOptions{Replay: replay})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Findings) > 0 {
		t.Fatalf("found %v", c.Findings)
	}
	return c
}

// fsckFinds expects a finding with these words.
func fsckFinds(t *testing.T, home string, o FsckOptions, where, words string) {
	t.Helper()
	c, err := Fsck(home, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Findings {
		if strings.Contains(f.Where, where) && strings.Contains(f.What, words) {
			return
		}
	}
	t.Errorf("found %v, want %q in %s", c.Findings, words, where)
}

// TestFsck breaks one thing after the other in what a node keeps; each is found,
// and all is well once it is put right.
func TestFsck(t *testing.T) {
	w := usedHome(t)
	home := w.c.Home
	c := fsckClean(t, home, true)
	if c.Txs < 14 || c.Rows == 0 || c.Blocks < 12 || !c.Replayed || c.Height < c.Blocks-1 {
		t.Errorf("looked at %+v", c)
	}
	db := func(id string) *database {
		db, err := openDB(&config.DBContext{ID: id, Config: comet(w.c)})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	// Of a database, one value is replaced, found, and put back.
	chain := func(id, key string, value []byte, where, words string) {
		t.Helper()
		d := db(id)
		had, err := d.Get([]byte(key))
		if err != nil || had == nil {
			t.Fatalf("%s has no %s: %v", id, key, err)
		}
		if value == nil {
			err = d.DeleteSync([]byte(key))
		} else {
			err = d.SetSync([]byte(key), value)
		}
		if err != nil || d.Close() != nil {
			t.Fatal(err)
		}
		fsckFinds(t, home, FsckOptions{}, where, words)
		d = db(id)
		if err := d.SetSync([]byte(key), had); err != nil || d.Close() != nil {
			t.Fatal(err)
		}
	}
	chain(dbBlocks, "P:5:0", nil, "blockstore", "block 5")
	chain(dbBlocks, "C:5", nil, "blockstore", "")
	chain(dbBlocks, "H:6", []byte("x"), "blockstore", "")
	chain(dbState, "stateKey", []byte("x"), "state", "")
	d := db(dbBlocks)
	other, err := d.Get([]byte("P:4:0"))
	if err != nil || d.Close() != nil {
		t.Fatal(err)
	}
	chain(dbBlocks, "P:5:0", other, "blockstore", "block 5")
	fsckClean(t, home, false)

	// Of the ledger, a local row.
	local := func(l state.Local, o FsckOptions, words string) {
		t.Helper()
		edit := func(l state.Local) (had []byte) {
			s, err := openLedger(filepath.Join(home, ledgerDir), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			v := s.View()
			if b, ok := v.Local(l.Key); ok {
				had = append([]byte{}, b...) // nil would remove it
			}
			v.Release()
			if err := s.Forget([]state.Local{l}, nil, nil); err != nil || s.Close() != nil {
				t.Fatal(err)
			}
			return had
		}
		had := edit(l)
		fsckFinds(t, home, o, "ledger", words)
		edit(state.Local{Key: l.Key, Value: had})
	}
	var tx, id, entry []byte
	s, err := openLedger(filepath.Join(home, ledgerDir), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := s.View()
	for space, to := range map[byte]*[]byte{localTx: &tx, localID: &id, localHistory: &entry} {
		v.ScanLocal([]byte{space}, nil, func(k, _ []byte) bool { *to = append([]byte(nil), k...); return false })
	}
	v.Release()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	local(state.Local{Key: id}, FsckOptions{}, "isn't found by its id")
	local(state.Local{Key: tx}, FsckOptions{}, "not those that the next header commits to")
	local(state.Local{Key: tx, Value: state.Encode(&pb.StoredTx{Id: make([]byte, 32)})}, FsckOptions{}, "isn't found by its id")
	local(state.Local{Key: historyKey(nil, "somebody", 3, 9), Value: []byte{}}, FsckOptions{}, "leads to no transaction")
	local(state.Local{Key: entry}, FsckOptions{Replay: true}, "is missing")
	fsckClean(t, home, true)

	if err := os.WriteFile(filepath.Join(home, genesisFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	fsckFinds(t, home, FsckOptions{}, genesisFile, "is not the genesis that the data")
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
	if _, err := Fsck(t.TempDir(), FsckOptions{}); err == nil {
		t.Error("an empty folder is checked")
	}
}

// What a running node has is not looked at.
func TestFsckRunning(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := Fsck(w.c.Home, FsckOptions{}); err == nil || !strings.Contains(err.Error(), "another process runs in") {
		t.Errorf("error %v", err)
	}
}
