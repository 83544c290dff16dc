package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cometbft/cometbft/p2p"
	ssproto "github.com/cometbft/cometbft/proto/tendermint/statesync"

	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// offer notes what a peer offers.
func (f *fetcher) offer(id p2p.ID, m *ssproto.SnapshotsResponse) {
	p := f.peers[id]
	if p == nil || m.Format != state.SnapshotFormat || len(m.Hash) != 32 {
		return // gone, or of another version of the program
	}
	d, err := state.ParseSnapshot(int64(m.Height), [32]byte(m.Hash), int(m.Chunks), m.Metadata)
	if err != nil {
		f.ban(id, err)
		return
	}
	if key := offerKey(d); len(p.offers) < offersMax && !f.refused[key] {
		p.offers[key] = d
		if f.offered.IsZero() {
			f.offered = time.Now()
		}
	}
}

func offerKey(d state.Snapshot) string {
	return fmt.Sprintf("%d %x %d %x", d.Height, d.Root, d.Chunks, d.Metadata())
}

// best is the snapshot of the peers that are least in doubt; of several that
// which was begun with, then that which the most offer, then the highest.
func (f *fetcher) best() (best state.Snapshot, ok bool) {
	by, all := map[string][]*provider{}, map[string]state.Snapshot{}
	for _, p := range f.peers {
		for key, d := range p.offers {
			by[key] = append(by[key], p)
			all[key] = d
		}
	}
	begun := func(key string) int {
		if key == f.begun {
			return 1
		}
		return 0
	}
	for key, d := range all {
		was := offerKey(best)
		if !ok || cmp.Or(cmp.Compare(f.doubt(by[was]...), f.doubt(by[key]...)), cmp.Compare(begun(key), begun(was)),
			cmp.Compare(len(by[key]), len(by[was])), cmp.Compare(d.Height, best.Height), cmp.Compare(key, was)) > 0 {
			best, ok = d, true
		}
	}
	return best, ok
}

// doubt is how often the best of some peers failed more than patience allows. A
// peer whose snapshot is replaced by a later one while it is fetched fails as one
// does that offers and never sends: neither is banned, but others are asked
// first, so that the second can hold nobody up who has a better one to ask.
func (f *fetcher) doubt(of ...*provider) int {
	least := math.MaxInt
	for _, p := range of {
		least = min(least, max(0, f.failed[p.peer.ID()]-patience))
	}
	return least
}

// choose checks a snapshot's root and begins with it, or goes on.
func (f *fetcher) choose(ctx context.Context, d state.Snapshot) (err error) {
	f.state, f.commit, err = f.headers.state(ctx, d.Height, f.doc)
	if errors.Is(err, ErrUntrusted) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		f.log.Warn("a snapshot is passed over for now", "height", d.Height, "err", err)
		f.strike(d, nil)
		return nil
	}
	if !bytes.Equal(f.state.AppHash, d.Root[:]) {
		f.refuse(d, fmt.Errorf("it offers the root %x after height %d; the chain's is %x", d.Root, d.Height, f.state.AppHash))
		return nil
	}
	if f.restore, err = state.OpenRestore(f.dir, d, party.UsedSeals); err != nil {
		return err
	}
	key := offerKey(d)
	f.pace.start(key != f.begun, f.restore.Held())
	f.begun = key
	f.log.Info("joining from a snapshot", "height", d.Height, "chunks", d.Chunks, "held", f.restore.Held(), "peers", len(f.providers()))
	return nil
}

// providers are the peers that offer the chosen snapshot, in the order of their
// ids.
func (f *fetcher) providers() (out []*provider) {
	key := offerKey(f.restore.Snapshot)
	for _, p := range f.peers {
		if _, ok := p.offers[key]; ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *provider) int { return cmp.Compare(a.peer.ID(), b.peer.ID()) })
	return out
}

// withdraw takes the chosen snapshot from what a peer offers, which did not send
// a chunk of it.
func (f *fetcher) withdraw(id p2p.ID) {
	p := f.peers[id]
	if p == nil {
		return
	}
	f.failed[id]++
	delete(p.offers, offerKey(f.restore.Snapshot))
	f.forgetAsks(id)
}

// refuse strikes a snapshot for good, and bans whoever offers it: it is a lie.
func (f *fetcher) refuse(d state.Snapshot, lie error) {
	key := offerKey(d)
	f.refused[key] = true
	if f.begun == key {
		f.begun = "" // nothing of it is worth waiting for
	}
	f.strike(d, lie)
}

// strike takes a snapshot from all offers, and bans who made them where it is a
// lie. Else they come after others: to look for the headers of a height that
// isn't there yet takes long, and they could offer one after the other.
func (f *fetcher) strike(d state.Snapshot, lie error) {
	key := offerKey(d)
	for id, p := range f.peers {
		if _, ok := p.offers[key]; !ok {
			continue
		}
		delete(p.offers, key)
		if lie != nil {
			f.ban(id, lie)
		} else {
			f.failed[id]++
		}
	}
}

// ban names a peer that is at fault and hears it no more.
func (f *fetcher) ban(id p2p.ID, why error) {
	f.log.Warn("a peer is at fault; it is not asked again", "peer", id, "err", why)
	f.banned[id] = true
	if p := f.peers[id]; p != nil {
		go f.net.leave(p.peer, why) // it ends with an event of its own
	}
	f.drop(id)
}
