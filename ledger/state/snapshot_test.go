package state_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

var (
	sealed     = state.NewTable[pb.UsedMinute](121, "sealed", nil)
	sealedByID = state.NewIndex(sealed, 121, "sealed_by_id", func(k state.Key, _ *pb.UsedMinute) []string { return []string{string(k)} })
)

// seals commit to used keys as the ledger does.
var seals = state.Seals{
	Minutes: func(r state.Reader) iter.Seq2[uint32, []byte] {
		return func(yield func(uint32, []byte) bool) {
			for _, k := range sealedByID.Keys(r, "", "") {
				m, _ := sealed.Peek(r, k)
				if !yield(uint32(state.ParseU64(string(k))), m.Digest) {
					return
				}
			}
		}
	},
	Fold: func(digest, keys []byte) []byte {
		var last [32]byte
		copy(last[:], digest)
		sum := sha256.Sum256(append(last[:], keys...))
		return sum[:]
	},
}

// busy commits blocks that write and remove rows, use keys, and let go of them.
func busy(t *rapid.T, s *state.Store, blocks int) {
	for range blocks {
		o := s.Begin()
		height := s.Height() + 1
		for range rapid.IntRange(0, 40).Draw(t, "writes") {
			k := state.Key(fmt.Sprint("row ", rapid.IntRange(0, 200).Draw(t, "row")))
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				things.Delete(o, k)
				continue
			}
			size := rapid.SampledFrom([]int{1, 10, 500}).Draw(t, "size")
			things.Put(o, k, &pb.Holding{Asset: string(slices.Repeat([]byte("x"), size)), Available: height})
		}
		now := uint32(height / 3)
		for i := range rapid.IntRange(0, 6).Draw(t, "uses") {
			o.Use(usedKey(int(height)*100+i), now+uint32(rapid.IntRange(0, 3).Draw(t, "life")))
		}
		seal(o)
		if now > 0 {
			sealed.Delete(o, state.Key(state.U64(uint64(now-1))))
		}
		o.FreeUsed(now)
		s.Finalize(o, height)
		if err := s.Commit(nil); err != nil {
			t.Fatal(err)
		}
	}
}

// seal commits to the keys that a block uses.
func seal(o *state.Overlay) {
	for minute, keys := range o.Uses() {
		k := state.Key(state.U64(uint64(minute)))
		m, ok := sealed.Get(o, k)
		if !ok {
			m = &pb.UsedMinute{Expires: timestamppb.New(time.Unix(1, 0))}
		}
		m.Digest = seals.Fold(m.Digest, keys)
		sealed.Put(o, k, m)
	}
}

// contents is all that two stores of one state have in common.
func contents(s *state.Store) string {
	v := s.View()
	defer v.Release()
	out := fmt.Sprintf("%d %x %q", v.Height(), v.Root(), scan(v, "", ""))
	first := uint32(0)
	for m := range seals.Minutes(v) {
		first = m
		break
	}
	for m, keys := range s.UsedRows(first) {
		out += fmt.Sprintf(" %d:%x", m, keys)
	}
	return out
}

// Any state, cut into chunks of any size, is restored as it was; in any order,
// with interruptions, and between chunks of all sorts that are none, each of
// which is refused and changes nothing.
func TestSnapshot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(rt, "")
		defer s.Close()
		busy(rt, s, rapid.IntRange(1, 8).Draw(rt, "blocks"))
		want := contents(s)
		f, chunks := frozen(rt, s, rapid.SampledFrom([]int{1, 300, 2000, 1 << 20}).Draw(rt, "want"))
		defer f.Release()
		busy(rt, s, 2) // what is frozen stays as it is
		g, foreign := frozen(rt, s, 500)
		g.Release()

		dir := filepath.Join(t.TempDir(), "restore")
		r := restore(rt, dir, f.Snapshot)
		for r.Held() < r.Chunks {
			i, ok := r.Next(rapid.IntRange(0, r.Chunks-1).Draw(rt, "from"))
			if !ok {
				if i, ok = r.Next(0); !ok {
					rt.Fatalf("%d of %d chunks, and no next", r.Held(), r.Chunks)
				}
			}
			bad := slices.Clone(chunks[i])
			switch rapid.IntRange(0, 7).Draw(rt, "fault") {
			case 0:
				bad[rapid.IntRange(0, len(bad)-1).Draw(rt, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
			case 1:
				bad = bad[:rapid.IntRange(0, len(bad)-1).Draw(rt, "cut")]
			case 2:
				bad = append(bad, bad[len(bad)/2:]...)
			case 3:
				bad = rapid.SampledFrom(foreign).Draw(rt, "foreign")
			case 4:
				bad = rapid.SampledFrom(chunks).Draw(rt, "another")
			case 5: // nothing before the first used keys, said as a digest
				bad = slices.Concat([]byte{32}, make([]byte, 32), bad[1:])
			case 6:
				if err := r.Close(); err != nil {
					rt.Fatal(err)
				}
				held := r.Held()
				if r = restore(rt, dir, f.Snapshot); r.Held() != held {
					rt.Fatalf("%d chunks after an interruption, were %d", r.Held(), held)
				}
			}
			if held := r.Held(); !bytes.Equal(bad, chunks[i]) {
				if err := r.Apply(i, bad); !errors.Is(err, state.ErrChunk) || r.Held() != held {
					rt.Fatalf("chunk %d of %d: a bad one gives %v", i, r.Chunks, err)
				}
			}
			for range 2 { // a second time does nothing
				if err := r.Apply(i, chunks[i]); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if err := r.Finish([]state.Local{{Key: []byte("joined"), Value: []byte("yes")}}); err != nil {
			rt.Fatal(err)
		}
		again := open(rt, dir)
		defer again.Close()
		if got := contents(again); got != want {
			rt.Fatalf("restored %.300s\nwas %.300s", got, want)
		}
		v := again.View()
		defer v.Release()
		if b, _ := v.Local([]byte("joined")); string(b) != "yes" {
			rt.Fatal("the local row is gone")
		}
		busy(rt, again, 2) // and it goes on
	})
}

func frozen(t interface{ Fatal(...any) }, s *state.Store, want int) (*state.Frozen, [][]byte) {
	f := s.Freeze()
	if err := f.Divide(seals, want, func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	chunks := make([][]byte, f.Chunks)
	for i := range chunks {
		var err error
		if chunks[i], err = f.Chunk(i); err != nil || chunks[i] == nil {
			t.Fatal("chunk", i, err)
		}
	}
	return f, chunks
}

func restore(t interface{ Fatal(...any) }, dir string, d state.Snapshot) *state.Restore {
	r, err := state.OpenRestore(dir, d, seals)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Two stores of one state offer the same snapshot, whatever else is on their
// disks; rows whose hashes begin alike are cut too.
func TestSnapshotIsTheStates(t *testing.T) {
	a, b := open(t, ""), open(t, t.TempDir())
	defer a.Close()
	defer b.Close()
	for _, s := range []*state.Store{a, b} {
		fill(t, s, 3, 400)
	}
	o := b.Begin()
	b.Finalize(o, 4)
	if err := b.Commit([]state.Local{{Key: []byte("own"), Value: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	f, chunks := frozen(t, a, 2000)
	g, others := frozen(t, b, 2000)
	defer f.Release()
	defer g.Release()
	if string(f.Cuts) != string(g.Cuts) || f.Chunks != g.Chunks || f.Chunks < 10 || !slices.EqualFunc(chunks, others, slices.Equal) {
		t.Fatalf("%d chunks and %d", f.Chunks, g.Chunks)
	}
	for i, c := range chunks {
		if len(c) > 2000+100+2*65*40 {
			t.Errorf("chunk %d has %d bytes", i, len(c))
		}
	}
	h, small := frozen(t, a, 1)
	defer h.Release()
	if len(h.Cuts)/16+1 != a.Len() || len(small) < 1200 {
		t.Fatalf("%d chunks of one row each, %d rows", len(h.Cuts)/16+1, a.Len())
	}
}

// What describes a snapshot, and is none.
func TestBadSnapshot(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	fill(t, s, 2, 300)
	o := s.Begin()
	o.Use(usedKey(1), 9)
	seal(o)
	s.Finalize(o, 3)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}
	f, chunks := frozen(t, s, 2000)
	defer f.Release()
	if len(f.Used) != 4 {
		t.Fatalf("the snapshot has %d bytes of counts", len(f.Used))
	}
	for name, change := range map[string]func(*state.Snapshot){
		"no chunks":        func(d *state.Snapshot) { d.Chunks = 0 },
		"too many":         func(d *state.Snapshot) { d.Chunks = state.ChunksMax + 1 },
		"height":           func(d *state.Snapshot) { d.Height = 0 },
		"half a cut":       func(d *state.Snapshot) { d.Cuts = d.Cuts[1:] },
		"more cuts":        func(d *state.Snapshot) { d.Chunks = 2 },
		"cuts not ordered": func(d *state.Snapshot) { d.Cuts = append(slices.Clone(d.Cuts[16:]), d.Cuts[:16]...) },
		"no counts":        func(d *state.Snapshot) { d.Used = nil },
		"half a count":     func(d *state.Snapshot) { d.Used = d.Used[1:] },
		"a count of none":  func(d *state.Snapshot) { d.Used = make([]byte, len(d.Used)) },
		"cut at zero":      func(d *state.Snapshot) { d.Cuts = append(make([]byte, 16), d.Cuts[16:]...) },
	} {
		d := f.Snapshot
		change(&d)
		if _, err := state.OpenRestore(filepath.Join(t.TempDir(), "r"), d, seals); !errors.Is(err, state.ErrSnapshot) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is there of another snapshot, or of none, makes no difference.
	dir := filepath.Join(t.TempDir(), "r")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "CURRENT"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := f.Snapshot
	r := restore(t, dir, d)
	// The beginnings of a chunk, the shortest above all, are none.
	for n := range min(64, len(chunks[0])) {
		if err := r.Apply(0, chunks[0][:n]); !errors.Is(err, state.ErrChunk) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	// One of the shortest rows there are is refused before they take memory.
	for name, row := range map[string]string{"a row without a key": "\x00\x01v", "a row without a key or": "\x00\x00", "or a value": "\x01k\x00", "more than": "\x01k\x01v"} {
		var was, is runtime.MemStats
		runtime.ReadMemStats(&was)
		err := r.Apply(0, []byte("\x00"+strings.Repeat(row, (state.ChunkMax-1)/len(row))))
		runtime.ReadMemStats(&is)
		if !errors.Is(err, state.ErrChunk) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if took := is.TotalAlloc - was.TotalAlloc; took > 8*state.ChunkMax {
			t.Errorf("%s: a chunk of %d MiB takes %d MiB", name, state.ChunkMax>>20, took>>20)
		}
	}
	if err := r.Apply(0, chunks[0]); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(nil); err == nil {
		t.Fatal("finished with one chunk")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	d.Height++
	if r = restore(t, dir, d); r.Held() != 0 {
		t.Fatal("goes on with another snapshot's chunks")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
