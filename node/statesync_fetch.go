package node

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	ssproto "github.com/cometbft/cometbft/proto/tendermint/statesync"
	cmtstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger/state"
)

// Bounds of what is asked of a peer and taken from it.
const (
	offersMax    = 8                // snapshots of one peer
	asksMax      = 4                // chunks asked of one peer at a time
	chunkTimeout = 30 * time.Second // for a peer to send a chunk
	askAgain     = 5 * time.Second  // for snapshots, as long as there is none
	gather       = 2 * time.Second  // offers, before one is chosen
	patience     = 2                // failures of a peer in a row that are held for chance
	sayAgain     = 10 * time.Second // that nobody offers a snapshot
)

// ErrNoPeers says that a node can't join: there is nobody left to ask.
var ErrNoPeers = errors.New("every peer of p2p.peers sent what is no part of the chain: name another")

// fetcher fetches a snapshot from peers, chunk by chunk. CometBFT's own reactor
// fetches all of one anew after an interruption, and keeps it in files beside;
// this one speaks its protocol and keeps what is proven. One goroutine does the
// work, see run; the network hands it what happens.
type fetcher struct {
	headers *headers
	doc     *types.GenesisDoc
	dir     string
	log     *slog.Logger

	net     *snapshotNet
	restore *state.Restore
	commit  *types.Commit // of the snapshot's block
	state   cmtstate.State
	begun   string    // the snapshot that was begun with, by this run or an earlier one
	lost    time.Time // when the snapshot that was begun with was given up
	pace    snapshotPace
	peers   map[p2p.ID]*provider
	asked   map[int]ask
	banned  map[p2p.ID]bool
	failed  map[p2p.ID]int  // how often a peer did not do what it offered, since it last sent a chunk; see doubt
	refused map[string]bool // offers that are none
	offered time.Time       // when the first offer came, since snapshots were asked for
	again   time.Time       // when snapshots were asked for last
	told    time.Time       // when the last line of progress was
}

// provider is a peer and what it offers.
type provider struct {
	peer   p2p.Peer
	since  time.Time // when it came
	offers map[string]state.Snapshot
}

// ask is a chunk that a peer is to send.
type ask struct {
	of    p2p.ID
	since time.Time
}

// run fetches one snapshot and makes it a store in f.dir.
func (f *fetcher) run(ctx context.Context, k *config.Config) (err error) {
	f.peers, f.asked, f.banned, f.refused, f.failed = map[p2p.ID]*provider{}, map[int]ask{}, map[p2p.ID]bool{}, map[string]bool{}, map[p2p.ID]int{}
	if d, ok := state.Restoring(f.dir); ok {
		f.begun, f.lost = offerKey(d), time.Now()
		f.log.Info("going on with a snapshot, if somebody still offers it", "height", d.Height)
	}
	if f.net, err = dialForSnapshots(k, f.doc, f.log); err != nil {
		return err
	}
	defer f.net.stop()
	f.told = time.Now()
	defer func() {
		if err != nil && f.restore != nil {
			err = errors.Join(err, f.restore.Close())
		}
	}()
	f.log.Info("looking for snapshots to join from", "peers", k.P2P.PersistentPeers)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case e := <-f.net.events:
			err = f.event(e)
		case <-tick.C:
			f.timeouts()
			err = f.proceed(ctx)
		}
		if err == nil && f.restore != nil {
			err = f.proceed(ctx)
		}
		if err == nil && len(f.banned) == f.net.peers {
			err = ErrNoPeers
		}
		if err != nil {
			return err
		}
		if f.restore == nil || f.restore.Held() < f.restore.Chunks {
			continue
		}
		f.log.Info("the snapshot is whole; checking it", "height", f.restore.Height)
		err := f.restore.Finish([]state.Local{keptLocal(f.restore.Height + 1)})
		if !errors.Is(err, state.ErrSnapshot) {
			return err
		}
		d := f.restore.Snapshot
		f.refuse(d, err)
		if err := errors.Join(f.giveUp(err.Error()), os.RemoveAll(f.dir)); err != nil {
			return err
		}
	}
}

// event takes in what a peer did.
func (f *fetcher) event(e p2pEvent) error {
	id := e.peer.ID()
	switch m := e.msg.(type) {
	case came:
		if !f.banned[id] {
			f.peers[id] = &provider{peer: e.peer, since: time.Now(), offers: map[string]state.Snapshot{}}
			e.peer.Send(p2p.Envelope{ChannelID: snapshotChannel, Message: &ssproto.SnapshotsRequest{}})
		}
	case left:
		if f.owes(id) {
			f.failed[id]++ // or it could leave and come back for ever
		}
		f.drop(id)
	case *ssproto.SnapshotsResponse:
		f.offer(id, m)
	case *ssproto.ChunkResponse:
		return f.chunk(id, m)
	}
	return nil
}

// proceed chooses a snapshot where none is chosen, and asks for chunks.
func (f *fetcher) proceed(ctx context.Context) error {
	for f.restore == nil {
		d, ok := f.best()
		if !ok || time.Since(f.offered) < gather || offerKey(d) != f.begun && f.hopes() {
			return nil
		}
		if err := f.choose(ctx, d); err != nil {
			return err
		}
	}
	providers := f.providers()
	if len(providers) == 0 {
		return f.giveUp("nobody offers it any more")
	}
	if slow, err := f.tooSlow(providers); slow || err != nil {
		return err
	}
	least := f.doubt(providers...)
	for _, p := range providers {
		if f.doubt(p) > least {
			continue
		}
		free := asksMax
		for _, a := range f.asked {
			if a.of == p.peer.ID() {
				free--
			}
		}
		for i, ok := f.restore.Next(0); ok && free > 0; i, ok = f.restore.Next(i + 1) {
			if _, under := f.asked[i]; under {
				continue
			}
			if !p.peer.Send(p2p.Envelope{ChannelID: chunkChannel, Message: &ssproto.ChunkRequest{Height: uint64(f.restore.Height), Format: state.SnapshotFormat, Index: uint32(i)}}) {
				break
			}
			f.asked[i] = ask{p.peer.ID(), time.Now()}
			free--
		}
	}
	return nil
}

// chunk takes a chunk in from a peer that was asked for it.
func (f *fetcher) chunk(id p2p.ID, m *ssproto.ChunkResponse) error {
	i := int(m.Index)
	if f.restore == nil || f.asked[i].of != id || int64(m.Height) != f.restore.Height || m.Format != state.SnapshotFormat {
		return nil
	}
	delete(f.asked, i)
	if m.Missing {
		f.withdraw(id)
		return nil
	}
	switch err := f.restore.Apply(i, m.Chunk); {
	case errors.Is(err, state.ErrChunk):
		f.ban(id, err)
		return nil
	case err != nil:
		return err
	}
	delete(f.failed, id)
	if held := f.restore.Held(); time.Since(f.told) > 2*time.Second || held == f.restore.Chunks {
		f.told = time.Now()
		f.log.Info("fetching the snapshot", "height", f.restore.Height, "held", held, "chunks", f.restore.Chunks)
	}
	return nil
}

// timeouts takes chunks from peers that don't send them, and asks for snapshots.
func (f *fetcher) timeouts() {
	late := map[p2p.ID]bool{}
	for _, a := range f.asked {
		if time.Since(a.since) > chunkTimeout {
			late[a.of] = true
		}
	}
	for id := range late {
		f.log.Warn("a peer doesn't send what it was asked for", "peer", id)
		f.withdraw(id)
	}
	if f.restore != nil || time.Since(f.again) < askAgain {
		return
	}
	if time.Since(f.told) > sayAgain {
		f.told = time.Now()
		why := "nobody offers a snapshot yet; asking on"
		if f.hopes() {
			why = "the snapshot that was begun with may be offered again; waiting for peers that aren't there"
		}
		f.log.Info(why, "peers", len(f.peers), "of", f.net.peers)
	}
	f.again, f.offered = time.Now(), time.Time{}
	for _, p := range f.peers {
		clear(p.offers) // what is still offered is told again
		p.peer.TrySend(p2p.Envelope{ChannelID: snapshotChannel, Message: &ssproto.SnapshotsRequest{}})
	}
}

// owes says whether a peer was asked for a chunk that it did not send yet.
func (f *fetcher) owes(id p2p.ID) bool {
	for _, a := range f.asked {
		if a.of == id {
			return true
		}
	}
	return false
}

func (f *fetcher) forgetAsks(id p2p.ID) {
	for i, a := range f.asked {
		if a.of == id {
			delete(f.asked, i)
		}
	}
}

// giveUp lets go of the chosen snapshot; what it had stays until another begins.
func (f *fetcher) giveUp(why string) error {
	f.log.Warn("a snapshot is given up", "height", f.restore.Height, "held", f.restore.Held(), "chunks", f.restore.Chunks, "why", why)
	if f.restore.Held() > 0 {
		f.lost = time.Now()
	}
	err := f.restore.Close()
	f.restore = nil
	clear(f.asked)
	f.again = time.Time{} // all are asked anew
	return err
}

func (f *fetcher) drop(id p2p.ID) {
	delete(f.peers, id)
	f.forgetAsks(id)
}
