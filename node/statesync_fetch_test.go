package node

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/p2p"
	ssproto "github.com/cometbft/cometbft/proto/tendermint/statesync"

	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// fakePeer answers requests for chunks into the fetcher, as answer says.
type fakePeer struct {
	p2p.Peer
	id     p2p.ID
	asked  []uint32
	answer func(i uint32) *ssproto.ChunkResponse
}

func (p *fakePeer) ID() p2p.ID { return p.id }

func (p *fakePeer) Send(e p2p.Envelope) bool {
	if r, ok := e.Message.(*ssproto.ChunkRequest); ok {
		p.asked = append(p.asked, r.Index)
	}
	return true
}

func (p *fakePeer) TrySend(e p2p.Envelope) bool { return p.Send(e) }

// fetching is a fetcher that has chosen a snapshot, with peers that offer it.
type fetching struct {
	*fetcher
	t     *testing.T
	peers []*fakePeer
	gone  chan p2p.ID
}

func newFetching(t *testing.T, dir string, d state.Snapshot, peers ...*fakePeer) *fetching {
	t.Helper()
	f := &fetching{t: t, peers: peers, gone: make(chan p2p.ID, 8)}
	f.fetcher = &fetcher{dir: dir, log: quietLog, peers: map[p2p.ID]*provider{}, asked: map[int]ask{}, banned: map[p2p.ID]bool{}, refused: map[string]bool{}, failed: map[p2p.ID]int{},
		net: &snapshotNet{leave: func(p p2p.Peer, _ any) { f.gone <- p.ID() }}}
	var err error
	if f.restore, err = state.OpenRestore(dir, d, party.UsedSeals); err != nil {
		t.Fatal(err)
	}
	f.pace.start(true, f.restore.Held())
	for _, p := range peers {
		f.must(f.event(p2pEvent{p, came{}}))
		f.must(f.event(p2pEvent{p, &ssproto.SnapshotsResponse{Height: uint64(d.Height), Format: state.SnapshotFormat, Chunks: uint32(d.Chunks), Hash: d.Root[:], Metadata: d.Metadata()}}))
	}
	f.must(f.proceed(context.Background()))
	return f
}

func (f *fetching) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// serve lets peers answer what they were asked for, one request each a round,
// until the snapshot is whole, nobody is asked or so many rounds are over.
func (f *fetching) serve(rounds int) {
	f.t.Helper()
	for range rounds {
		for _, p := range f.peers {
			if f.restore == nil || f.restore.Held() == f.restore.Chunks || len(p.asked) == 0 {
				continue
			}
			i := p.asked[0]
			p.asked = p.asked[1:]
			if m := p.answer(i); m != nil {
				f.must(f.event(p2pEvent{p, m}))
			}
			f.must(f.proceed(context.Background()))
		}
	}
}

// freeze makes a snapshot of a state with so many people, in small chunks, and what
// an honest peer answers for each of them.
func freeze(t *testing.T, people int) (*state.Frozen, func(i uint32) *ssproto.ChunkResponse) {
	t.Helper()
	w := newWorld(t, people)
	w.mint(1000)
	f := w.store.Freeze()
	t.Cleanup(f.Release)
	if err := f.Divide(party.UsedSeals, 2000, func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	return f, func(i uint32) *ssproto.ChunkResponse {
		b, err := f.Chunk(int(i))
		if err != nil {
			t.Fatal(err)
		}
		return &ssproto.ChunkResponse{Height: uint64(f.Height), Format: state.SnapshotFormat, Index: i, Chunk: b}
	}
}

// Chunks that are none, missing, late or not asked for: their senders are named
// and asked no more, and the honest one makes the snapshot whole, over an
// interruption, without sending a chunk twice.
func TestFetch(t *testing.T) {
	frozen, chunk := freeze(t, 300)
	d := frozen.Snapshot
	if d.Chunks < 20 {
		t.Fatalf("%d chunks", d.Chunks)
	}
	sent := map[uint32]int{}
	good := func(i uint32) *ssproto.ChunkResponse {
		sent[i]++
		return chunk(i)
	}
	changed := func(i uint32) *ssproto.ChunkResponse {
		r := chunk(i)
		r.Chunk = bytes.Clone(r.Chunk)
		r.Chunk[len(r.Chunk)-1] ^= 1
		return r
	}
	missing := func(i uint32) *ssproto.ChunkResponse {
		return &ssproto.ChunkResponse{Height: uint64(d.Height), Format: state.SnapshotFormat, Index: i, Missing: true}
	}
	silent := func(uint32) *ssproto.ChunkResponse { return nil }
	peers := []*fakePeer{{id: "evil", answer: changed}, {id: "gone", answer: missing}, {id: "silent", answer: silent}, {id: "honest", answer: good}}
	dir := filepath.Join(t.TempDir(), "ledger")
	f := newFetching(t, dir, d, peers...)
	// Nobody was asked for this one: it is not looked at.
	f.must(f.event(p2pEvent{peers[3], changed(uint32(d.Chunks - 1))}))
	f.serve(6)
	if id := <-f.gone; id != "evil" || !f.banned["evil"] || len(f.banned) != 1 {
		t.Fatalf("%s is at fault, banned are %v", id, f.banned)
	}
	if n := len(f.providers()); n != 2 {
		t.Fatalf("%d peers offer it", n)
	}
	held := f.restore.Held()
	if held == 0 || held == d.Chunks {
		t.Fatalf("%d of %d chunks", held, d.Chunks)
	}
	f.must(f.restore.Close())

	if got, ok := state.Restoring(dir); !ok || offerKey(got) != offerKey(d) {
		t.Fatalf("%t: %.80s", ok, offerKey(got))
	}
	peers[2].asked, peers[3].asked = nil, nil
	f = newFetching(t, dir, d, peers[2:]...)
	if f.restore.Held() != held {
		t.Fatalf("%d chunks after the interruption, were %d", f.restore.Held(), held)
	}
	f.serve(d.Chunks)
	for i, a := range f.asked { // those that the silent one has
		if a.of != "silent" {
			t.Fatalf("chunk %d is asked of %s", i, a.of)
		}
		a.since = a.since.Add(-2 * chunkTimeout)
		f.asked[i] = a
	}
	f.timeouts()
	f.must(f.proceed(t.Context()))
	f.serve(d.Chunks)
	if f.restore.Held() != d.Chunks {
		t.Fatalf("%d of %d chunks", f.restore.Held(), d.Chunks)
	}
	for i, n := range sent {
		if n != 1 {
			t.Errorf("chunk %d was sent %d times", i, n)
		}
	}
	f.must(f.restore.Finish(nil))
	s, err := openLedger(dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Height() != d.Height || s.Root() != d.Root {
		t.Fatalf("height %d, root %x", s.Height(), s.Root())
	}
}

// A peer that offers a snapshot again and again, and sends nothing of it, is asked
// after those that do better, and where there is no other it is asked on: it may
// be one whose snapshots are replaced faster than they are fetched.
func TestFetchStalls(t *testing.T) {
	d := state.Snapshot{Height: 5, Root: [32]byte{1}, Chunks: 1}
	stalls := &fakePeer{id: "a"}
	f := newFetching(t, filepath.Join(t.TempDir(), "ledger"), d, stalls)
	defer func() { f.must(f.restore.Close()) }()
	offer := func(id p2p.ID) {
		f.offer(id, &ssproto.SnapshotsResponse{Height: 5, Format: state.SnapshotFormat, Chunks: 1, Hash: d.Root[:], Metadata: d.Metadata()})
	}
	for i := range 10 * patience {
		if got := len(stalls.asked); got != i+1 {
			t.Fatalf("asked %d times, want %d", got, i+1)
		}
		f.withdraw("a")
		offer("a")
		f.must(f.proceed(t.Context()))
	}
	late := &fakePeer{id: "b"}
	f.must(f.event(p2pEvent{late, came{}}))
	offer("b")
	f.withdraw("a")
	offer("a")
	asked := len(stalls.asked)
	f.must(f.proceed(t.Context()))
	if len(late.asked) != 1 || len(stalls.asked) != asked || len(f.banned) != 0 {
		t.Fatalf("the better one was asked %d times, the other %d times more, banned are %v", len(late.asked), len(stalls.asked)-asked, f.banned)
	}
}

// With its last provider a snapshot is given up, and what is offered then is
// chosen: the one that most offer, the highest of them, but one that was begun
// with before all.
func TestBest(t *testing.T) {
	root := strings.Repeat("r", 32)
	f := &fetcher{log: quietLog, peers: map[p2p.ID]*provider{}, asked: map[int]ask{}, banned: map[p2p.ID]bool{}, refused: map[string]bool{}, failed: map[p2p.ID]int{},
		net: &snapshotNet{leave: func(p2p.Peer, any) {}}}
	offer := func(id p2p.ID, heights ...uint64) {
		if err := f.event(p2pEvent{&fakePeer{id: id}, came{}}); err != nil {
			t.Fatal(err)
		}
		for _, h := range heights {
			f.offer(id, &ssproto.SnapshotsResponse{Height: h, Format: state.SnapshotFormat, Chunks: 1, Hash: []byte(root), Metadata: []byte{0}})
		}
	}
	best := func() int64 { d, _ := f.best(); return d.Height }
	offer("a", 10, 20)
	offer("b", 10, 20)
	offer("c", 10, 30)
	steps := []int64{best()}
	f.begun = offerKey(f.peers["c"].offers[slices.Sorted(maps.Keys(f.peers["c"].offers))[1]])
	steps = append(steps, best())
	f.drop("c")
	steps = append(steps, best())
	f.offer("a", &ssproto.SnapshotsResponse{Height: 0, Format: state.SnapshotFormat, Chunks: 1, Hash: []byte(root), Metadata: []byte{0}}) // none
	f.offer("b", &ssproto.SnapshotsResponse{Height: 99, Format: state.SnapshotFormat + 1, Chunks: 1, Hash: []byte(root), Metadata: []byte{0}})
	steps = append(steps, best())
	// Who only offers comes last, also with what was begun with.
	offer("d", 40)
	for key := range f.peers["d"].offers {
		f.begun = key
	}
	steps = append(steps, best())
	f.failed["d"] = patience
	steps = append(steps, best())
	f.failed["d"]++
	steps = append(steps, best())
	f.failed["b"] = patience + 2
	steps = append(steps, best())
	if got := fmt.Sprint(steps, f.banned); got != "[10 30 20 20 40 40 20 40] map[a:true]" {
		t.Fatal(got)
	}
}
