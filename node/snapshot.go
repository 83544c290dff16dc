package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// snapshotsKept is how many snapshots a node offers: one to begin with, and the
// one before for those who are at it.
const snapshotsKept = 2

// snapshots are those that a node offers to nodes that join. They are made from
// the state as they are asked for: nothing is written for them. A state that is
// offered keeps rows on disk that were since replaced.
type snapshots struct {
	every time.Duration
	want  int // bytes of a chunk
	store *state.Store
	log   *slog.Logger
	last  time.Time // of the last block; the settling goroutine's
	work  sync.WaitGroup
	busy  atomic.Bool
	ended atomic.Bool

	mu   sync.Mutex
	kept []*state.Frozen // oldest first
}

// newSnapshots returns nil where none are offered.
func newSnapshots(c *Config, store *state.Store, log *slog.Logger) *snapshots {
	if c.Snapshots.Every == 0 || c.P2P.Listen == "" && len(c.P2P.Peers) == 0 {
		return nil
	}
	return &snapshots{every: c.Snapshots.Every, want: state.ChunkWant, store: store, log: log}
}

// committed takes a snapshot with the first block of each period. Block time
// decides, so that nodes with the same period offer the same heights. The
// goroutine that settles the block calls it.
func (s *snapshots) committed(at time.Time) {
	if s == nil {
		return
	}
	last := s.last
	s.last = at
	if last.IsZero() || last.Truncate(s.every).Equal(at.Truncate(s.every)) || s.busy.Swap(true) {
		return
	}
	f := s.store.Freeze()
	s.work.Go(func() {
		defer s.busy.Store(false)
		start := time.Now()
		if err := safely(func() error { return f.Divide(party.UsedSeals, s.want, s.ended.Load) }); err != nil {
			f.Release()
			if !s.ended.Load() {
				s.log.Warn("no snapshot of this height is offered", "height", f.Height, "err", err)
			}
			return
		}
		s.log.Debug("offering a snapshot", "height", f.Height, "chunks", f.Chunks, "took", time.Since(start))
		s.offer(f)
	})
}

func (s *snapshots) offer(f *state.Frozen) {
	s.mu.Lock()
	var gone []*state.Frozen
	s.kept = append(s.kept, f)
	if n := len(s.kept) - snapshotsKept; n > 0 {
		gone = slices.Clone(s.kept[:n])
		s.kept = slices.Delete(s.kept, 0, n)
	}
	s.mu.Unlock()
	for _, f := range gone {
		f.Release()
	}
}

// offered are the snapshots, newest first.
func (s *snapshots) offered() []*state.Frozen {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.kept)
	slices.Reverse(out)
	return out
}

// close lets go of all, before the store is closed.
func (s *snapshots) close() {
	if s == nil {
		return
	}
	s.ended.Store(true)
	s.work.Wait()
	for _, f := range s.offered() {
		f.Release()
	}
}

// ListSnapshots tells a node that joins what is offered.
func (a *app) ListSnapshots(context.Context, *abci.RequestListSnapshots) (*abci.ResponseListSnapshots, error) {
	out := &abci.ResponseListSnapshots{}
	for _, f := range a.snapshots.offered() {
		out.Snapshots = append(out.Snapshots, &abci.Snapshot{Height: uint64(f.Height), Format: state.SnapshotFormat,
			Chunks: uint32(f.Chunks), Hash: f.Root[:], Metadata: f.Metadata()})
	}
	return out, nil
}

// errChunkRead hides what is wrong with this node's disk from others.
var errChunkRead = errors.New("node: reading a chunk of a snapshot failed")

// LoadSnapshotChunk reads a chunk; none where the snapshot is not offered, or no
// more.
func (a *app) LoadSnapshotChunk(_ context.Context, r *abci.RequestLoadSnapshotChunk) (*abci.ResponseLoadSnapshotChunk, error) {
	for _, f := range a.snapshots.offered() {
		if uint64(f.Height) != r.Height || r.Format != state.SnapshotFormat {
			continue
		}
		chunk, err := f.Chunk(int(r.Chunk))
		if err != nil {
			a.snapshots.log.Error("a snapshot can't be read", "height", f.Height, "chunk", r.Chunk, "err", err)
			return nil, errChunkRead
		}
		return &abci.ResponseLoadSnapshotChunk{Chunk: chunk}, nil
	}
	return &abci.ResponseLoadSnapshotChunk{}, nil
}

// SnapshotHeight is the last height of which this node offers a snapshot; 0 for
// none.
func (n *Node) SnapshotHeight() int64 {
	for _, f := range n.app.snapshots.offered() {
		return f.Height
	}
	return 0
}
