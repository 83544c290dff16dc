package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/gen/pb"
)

// gaps are the pauses between blocks that somebody who watches sees.
func gaps(w *world, stop chan struct{}) *sync.WaitGroup {
	var wg sync.WaitGroup
	for i := range w.people {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					w.send(w.pay(i, 1))
				}
			}
		})
	}
	return &wg
}

// longest waits so long and returns the longest pause between two blocks.
func longest(w *world, during func()) (pause time.Duration) {
	end := make(chan struct{})
	go func() { during(); close(end) }()
	height, at := blockHeight(w), time.Now()
	for {
		select {
		case <-end:
			return pause
		default:
		}
		if h := blockHeight(w); h != height {
			pause, height, at = max(pause, time.Since(at)), h, time.Now()
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// A backup is made under load, is whole, and a node made of it catches up with
// the chain.
func TestBackup(t *testing.T) {
	w := newWorld(t, 4, func(c *Config, _ *pb.Genesis) { c.P2P.Listen = freePort(t) })
	w.mint(1_000_000)
	stop := make(chan struct{})
	load := gaps(w, stop)
	time.Sleep(300 * time.Millisecond)
	usual := longest(w, func() { time.Sleep(time.Second) })
	root := t.TempDir()
	made := 0
	during := longest(w, func() {
		for i := range 3 {
			dir := filepath.Join(root, "backup", string(rune('a'+i)))
			_ = os.MkdirAll(filepath.Dir(dir), 0o700)
			b, err := w.Backup(dir, i == 2)
			if err != nil {
				t.Error(err)
				return
			}
			made++
			if b.Ledger < 1 || b.Blocks < b.Ledger || b.ChainID != testChain {
				t.Errorf("%+v", b)
			}
		}
	})
	close(stop)
	load.Wait()
	t.Logf("longest pause between blocks: %s before, %s during %d backups", usual, during, made)
	if during > usual+2*time.Second {
		t.Errorf("blocks stood still for %s", during)
	}
	one := filepath.Join(root, "backup", "a")
	for i := range made {
		dir := filepath.Join(root, "backup", string(rune('a'+i)))
		fsckClean(t, dir, i == 0)
		if _, err := os.Stat(filepath.Join(dir, validatorLast)); err == nil {
			t.Error("the backup has what the validator signed last")
		}
		if _, err := os.Stat(filepath.Join(dir, validatorKey)); (err == nil) != (i == 2) {
			t.Errorf("backup %d: the validator's key: %v", i, err)
		}
	}
	if _, err := w.Backup(one, false); err == nil {
		t.Error("a backup is written over another")
	}
	if _, err := w.Backup("relative", false); err == nil {
		t.Error("a relative path is taken")
	}

	// Without the key, the restored node follows.
	home := filepath.Join(root, "follower")
	if _, err := Restore(one, home, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	last := w.must(w.pay(0, 1))
	f := &world{t: t, c: defaults(home), people: w.people}
	f.c.P2P.Peers = []string{w.ID() + "@" + w.c.P2P.Listen}
	f.start()
	deadline := time.Now().Add(60 * time.Second)
	for blockHeight(f) < last.Height {
		if time.Now().After(deadline) {
			t.Fatalf("the restored node is at %d, the chain at %d", blockHeight(f), blockHeight(w))
		}
		w.must(w.pay(1, 1))
		time.Sleep(50 * time.Millisecond)
	}
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	fsckClean(t, home, false)

	// With the key, it wants to know what that signed.
	with := filepath.Join(root, "backup", "c")
	if _, err := Restore(with, filepath.Join(root, "x"), RestoreOptions{}); err == nil || !strings.Contains(err.Error(), "sign a height twice") {
		t.Errorf("error %v", err)
	}
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(root, "alone")
	if _, err := Restore(with, alone, RestoreOptions{Alone: true}); err != nil {
		t.Fatal(err)
	}
	g := &world{t: t, c: defaults(alone), people: w.people}
	g.start()
	g.must(w.pay(2, 1))
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	fsckClean(t, alone, false)
	if _, err := Restore(one, alone, RestoreOptions{}); err == nil {
		t.Error("a node is restored over another")
	}

	// What it signed last, as old as the backup, while the blocks are newer.
	old, err := os.ReadFile(filepath.Join(alone, validatorLast))
	if err != nil {
		t.Fatal(err)
	}
	g.start()
	for range 3 {
		g.must(w.pay(2, 1))
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(alone, validatorLast), old, 0o600); err != nil {
		t.Fatal(err)
	}
	g.refuse("the file is from an older backup", "could sign a height twice")
}

// A stop waits for a store that is being copied, and no other is copied then: a
// backup that comes too late is told so, and not that storage failed.
func TestBackupWhileStopping(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	began, hold := make(chan struct{}), make(chan struct{})
	dir := filepath.Join(t.TempDir(), "copy")
	copied := make(chan error, 1)
	go func() {
		copied <- w.copyOpen(func() error {
			close(began)
			<-hold
			return errors.Join(w.store.Checkpoint(dir), w.dbs.checkpoint(dbBlocks, dir+" of blocks"))
		})
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop() }()
	select {
	case err := <-stopped:
		close(hold)
		t.Fatalf("it stopped under the copy: %v", err)
	case <-time.After(closePatience + time.Second):
	}
	close(hold)
	if err := errors.Join(<-copied, <-stopped); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Backup(filepath.Join(t.TempDir(), "late"), false); !errors.Is(err, errStopping) {
		t.Errorf("a late backup: %v", err)
	}
	if err := w.dbs.checkpoint(dbBlocks, filepath.Join(t.TempDir(), "late")); err == nil || !strings.Contains(err.Error(), "isn't open") {
		t.Errorf("a copy of a closed database: %v", err)
	}
	w.dbs.each(func(name string, _ *pebble.Metrics) { t.Errorf("%s is still open", name) })
}

func blockHeight(w *world) int64 { return w.comet.BlockStore().Height() }
