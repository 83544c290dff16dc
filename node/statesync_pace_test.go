package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cometbft/cometbft/p2p"
	ssproto "github.com/cometbft/cometbft/proto/tendermint/statesync"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger/state"
)

// noHeaders is a source without headers, that notes which were asked for: those
// of the snapshots that a fetcher would begin with.
type noHeaders struct{ asked []int64 }

func (*noHeaders) String() string { return "nobody" }

func (s *noHeaders) Header(_ context.Context, height int64) ([]byte, []byte, error) {
	s.asked = append(s.asked, height)
	return nil, nil, errors.New("there is none")
}

// unheard gives a fetcher a source without headers.
func (f *fetching) unheard() *noHeaders {
	s := &noHeaders{}
	root := &types.LightBlock{SignedHeader: &types.SignedHeader{Header: &types.Header{Height: 1}}}
	f.headers = &headers{sources: []Source{s}, root: root, have: map[int64]*types.LightBlock{}, now: time.Now}
	return s
}

// come connects a peer, which offers a snapshot.
func (f *fetching) come(id p2p.ID, d state.Snapshot) *fakePeer {
	f.t.Helper()
	p := &fakePeer{id: id}
	f.must(f.event(p2pEvent{p, came{}}))
	f.must(f.event(p2pEvent{p, &ssproto.SnapshotsResponse{Height: uint64(d.Height), Format: state.SnapshotFormat, Chunks: uint32(d.Chunks), Hash: d.Root[:], Metadata: d.Metadata()}}))
	return p
}

func someSnapshot(height int64) state.Snapshot {
	return state.Snapshot{Height: height, Root: [32]byte{1}, Chunks: 1}
}

// A peer that leaves whenever it owes a chunk, and comes again, is asked after
// those that do better. One that owes nothing may come and go.
func TestFetchLeaves(t *testing.T) {
	d := someSnapshot(5)
	f := newFetching(t, filepath.Join(t.TempDir(), "ledger"), d, &fakePeer{id: "a"})
	defer func() { f.must(f.restore.Close()) }()
	f.begun = offerKey(d)
	for i := range patience + 1 {
		if got := len(f.asked); got != 1 {
			t.Fatalf("%d chunks are asked for before it left %d times", got, i+1)
		}
		f.must(f.event(p2pEvent{&fakePeer{id: "a"}, left{}}))
		f.come("a", d)
		f.must(f.proceed(t.Context()))
	}
	for range 2 * patience {
		f.come("b", someSnapshot(6))
		f.must(f.event(p2pEvent{&fakePeer{id: "b"}, left{}}))
	}
	f.come("b", someSnapshot(6))
	if best, _ := f.best(); best.Height != 6 {
		t.Fatalf("the snapshot of height %d is best; failed have %v", best.Height, f.failed)
	}
}

// When the only provider drops for a moment, what it sent isn't given up for
// another snapshot: not until all peers are there and were heard, or a minute is
// over.
func TestFetchWaits(t *testing.T) {
	frozen, chunk := freeze(t, 50)
	d := frozen.Snapshot
	peer := &fakePeer{id: "a", answer: chunk}
	f := newFetching(t, filepath.Join(t.TempDir(), "ledger"), d, peer)
	f.net.peers, f.begun = 2, offerKey(d)
	f.serve(1)
	source := f.unheard()
	f.must(f.event(p2pEvent{peer, left{}}))
	f.must(f.proceed(t.Context()))
	if f.restore != nil || f.lost.IsZero() {
		t.Fatal("a snapshot that nobody offers is not given up")
	}
	// next is a round in which peers offer what they have, a while after the last.
	next := func(offers map[p2p.ID]state.Snapshot) string {
		source.asked, f.again = nil, time.Time{}
		f.timeouts()
		if len(offers) > 0 && time.Since(f.offered) < gather {
			t.Fatal("offers of before count")
		}
		for id, o := range offers {
			f.come(id, o)
			f.fetcher.peers[id].since = time.Now().Add(-2 * gather)
		}
		f.must(f.proceed(t.Context()))
		if len(source.asked) > 0 {
			t.Fatal("the first offer was chosen, without waiting for others")
		}
		f.offered = f.offered.Add(-2 * gather)
		f.must(f.proceed(t.Context()))
		return fmt.Sprint(source.asked)
	}
	other := someSnapshot(d.Height + 1)
	steps := []string{next(map[p2p.ID]state.Snapshot{"b": other}), // a isn't there
		next(map[p2p.ID]state.Snapshot{"b": other, "a": d}), // a is back
	}
	steps = append(steps, next(map[p2p.ID]state.Snapshot{"b": other, "a": other})) // a is back, and doesn't offer it any more
	f.drop("a")
	f.lost = f.lost.Add(-comeBack)
	steps = append(steps, next(map[p2p.ID]state.Snapshot{"b": other})) // a didn't come back
	want := fmt.Sprintf("[[] [%d %d] [%[3]d] [%[3]d]]", d.Height, other.Height, other.Height)
	if got := fmt.Sprint(steps); got != want {
		t.Fatalf("headers of %s were looked for, want %s", got, want)
	}
}

// Who offers snapshots of heights that nobody has headers of comes after others.
func TestFetchFarAhead(t *testing.T) {
	d := someSnapshot(5)
	f := newFetching(t, filepath.Join(t.TempDir(), "ledger"), d) // which nobody offers
	source := f.unheard()
	f.come("a", someSnapshot(1000))
	for i := range uint64(offersMax) {
		f.offer("a", &ssproto.SnapshotsResponse{Height: 2000 + i, Format: state.SnapshotFormat, Chunks: 1, Hash: d.Root[:], Metadata: d.Metadata()})
	}
	f.come("b", someSnapshot(6))
	f.offered = time.Now().Add(-2 * gather)
	f.must(f.proceed(t.Context()))
	at := slices.Index(source.asked, 6)
	if at < 0 || at > patience+1 {
		t.Fatalf("headers were looked for at %v: the honest one's is number %d", source.asked, at)
	}
}

// A snapshot that comes so slowly that it would take for ever is given up, and
// its peers come after others. Others and their snapshots are as they were.
func TestFetchSlow(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		since time.Duration
		held  int
		slow  bool
	}{
		{time.Minute, 0, true},
		{time.Hour, 33_400, false},
		{time.Hour, 33_000, true},
		{wholeWithin * 2, 99_990, true},
		{wholeWithin / 2, 99_990, false},
	} {
		p := snapshotPace{since: now.Add(-tc.since)}
		if got := p.slow(tc.held, 99_990); got != tc.slow {
			t.Errorf("%d chunks after %s are slow: %t", tc.held, tc.since, got)
		}
		if p.slow(tc.held, 99_990) {
			t.Error("it is looked at twice")
		}
	}
	var p snapshotPace
	p.start(false, 40) // begun with by an earlier run
	if p.held != 40 || p.since.IsZero() || time.Until(p.next) < paceEvery/2 {
		t.Fatal(p)
	}
	began := p.since
	if p.start(false, 60); p.held != 40 || p.since != began {
		t.Fatal("a pause begins a new count", p)
	}
	if p.start(true, 0); p.held != 0 || p.since == began {
		t.Fatal("another snapshot goes on with the old count", p)
	}

	d := someSnapshot(5)
	f := newFetching(t, filepath.Join(t.TempDir(), "ledger"), d, &fakePeer{id: "a"})
	f.begun, f.pace.since, f.pace.next = offerKey(d), now.Add(-time.Hour), now
	f.must(f.proceed(t.Context()))
	if f.restore != nil || f.failed["a"] <= patience || f.hopes() {
		t.Fatalf("it is held on to; failed have %v", f.failed)
	}
	if best, _ := f.best(); best.Height != 5 {
		t.Fatal("the only one is not good enough")
	}
	f.come("b", someSnapshot(4))
	if best, _ := f.best(); best.Height != 4 {
		t.Fatal("the slow one is best")
	}
}
