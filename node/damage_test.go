package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// harm is one way to damage a file.
type harm struct {
	kind string
	do   func(r *rand.Rand, b []byte) []byte
}

var harms = []harm{
	{"a bit flipped", func(r *rand.Rand, b []byte) []byte {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return b
	}},
	{"cut off", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"a page of zeros", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b)) &^ 4095
		clear(b[at:min(at+4096, len(b))])
		return b
	}},
}

// TestDamage damages each file that a node has, one after the other. The node
// says which it is and the way out, or it starts and has every transaction that
// was acknowledged, with the answer that was given.
func TestDamage(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(1000)
	acked := map[op.ID]*pb.TxRecord{}
	pay := func(i int, units int64) {
		raw := w.pay(i, units)
		id, _ := op.PeekID(raw)
		acked[id] = w.send(raw)[0]
	}
	for i := range 20 {
		pay(i%2, 1)
	}
	pay(0, 5000) // is refused
	w.again()    // so that there is a log as well as a table
	pay(0, 1000)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	kept, tried := filepath.Join(t.TempDir(), "kept"), halfStarted(t)
	if err := copyTree(w.c.Home, kept); err != nil {
		t.Fatal(err)
	}
	refused, whole, dead, nth := 0, 0, 0, 0
	err := filepath.WalkDir(kept, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(kept, path)
		good, err := os.ReadFile(path)
		if err != nil || len(good) == 0 {
			return err
		}
		for i := range damages {
			h := harms[(i+r.IntN(len(harms)))%len(harms)]
			bad := h.do(r, bytes.Clone(good))
			if bytes.Equal(bad, good) {
				continue
			}
			what := fmt.Sprintf("%s: %s, seed %d", name, h.kind, seed)
			nth++
			home := filepath.Join(tried, fmt.Sprint(nth))
			if err := errors.Join(copyTree(kept, home), os.WriteFile(filepath.Join(home, name), bad, 0o600)); err != nil {
				return err
			}
			how := tryDamaged(w, home, acked)
			switch {
			case how == nil:
				whole++
			case errors.Is(how, errWrong):
				t.Errorf("%s: %v", what, how)
			case errors.Is(how, errUnread):
				dead++
			default:
				refused++
				if !saysWayOut(name, how.Error()) {
					t.Errorf("%s: the error doesn't say what to do: %v", what, how)
				}
			}
			if how != nil && strings.Contains(how.Error(), "starting consensus") {
				continue // it may be half started: see halfStarted
			}
			if err := os.RemoveAll(home); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d were refused, %d started whole, %d answered with an error", refused, whole, dead)
	if refused < 5 {
		t.Errorf("only %d were refused; the damage doesn't reach what is read", refused)
	}
}

// halfStarted is a folder for nodes that may fail while consensus starts. CometBFT
// leaves the log of its votes open then, for the process to end with, and takes the
// process down where the log's folder goes first: so it stays until the process ends.
func halfStarted(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "troth-"+t.Name()+"-")
	if err != nil {
		t.Fatal(err)
	}
	atEnd = append(atEnd, func() { _ = os.RemoveAll(dir) })
	return dir
}

// saysWayOut says whether an error names what is damaged and what to do. The
// configuration is a person's: what is wrong with it is said by line.
func saysWayOut(name, text string) bool {
	if name == ConfigFile {
		return strings.Contains(text, ConfigFile)
	}
	store := strings.Split(filepath.ToSlash(name), "/")
	named := strings.Contains(text, filepath.Base(name)) || len(store) > 2 && strings.Contains(text, store[1]) || strings.Contains(text, "starting consensus")
	for _, way := range []string{"restore", "backup", "start again", "from where you keep", "take another's", "remove "} {
		if named && strings.Contains(text, way) {
			return true
		}
	}
	return false
}

var (
	errWrong  = errors.New("a wrong answer")
	errUnread = errors.New("an answer is an error")
)

// tryDamaged starts a node in a folder and compares its answers with those that
// were given before.
func tryDamaged(w *world, home string, acked map[op.ID]*pb.TxRecord) error {
	c, err := LoadConfig(home)
	if err != nil {
		return err
	}
	c.P2P.Listen, c.P2P.Peers = "", nil
	n := &world{t: w.t, c: c, people: w.people, bank: w.bank}
	started := make(chan error, 1)
	go func() {
		var err error
		n.Node, err = Start(c, slog.New(slog.NewTextHandler(io.Discard, nil)))
		started <- err
	}()
	select {
	case err := <-started:
		if err != nil {
			return err
		}
	case <-time.After(time.Minute):
		return fmt.Errorf("%w: it neither starts nor says why", errWrong)
	}
	defer func() { _ = n.Stop() }()
	return answers(n, acked)
}

func answers(n *world, acked map[op.ID]*pb.TxRecord) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errUnread, p)
		}
	}()
	for id, want := range acked {
		if got := n.Record(id); got == nil || got.Height != want.Height || got.Index != want.Index || got.Result.Code != want.Result.Code {
			return fmt.Errorf("%w: transaction %x was %v, now %v", errWrong, id[:4], want, got)
		}
	}
	for i, want := range []int64{0, 2000} {
		if a, held := n.holding(n.people[i]); a != want || held != 0 {
			return fmt.Errorf("%w: person %d has %d, had %d", errWrong, i, a, want)
		}
	}
	return nil
}
