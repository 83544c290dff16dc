package node

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
	"github.com/troth-ledger/troth/node/rate"
)

// Names of this node's own limits, in its metrics.
const (
	LimitRequests     = "address_requests"
	LimitTransactions = "address_transactions"
	LimitParty        = "party_transactions"
	LimitStrangers    = "stranger_signatures"
)

const (
	// partiesMax is how many parties' buckets are remembered.
	partiesMax = 1 << 17
	// ringMax is how many parties' keys are remembered for sure: those that were
	// asked for last.
	ringMax = 1 << 18
)

// guard asks a submitted transaction what costs little, before its signatures
// are verified, which costs much. A refusal of it is this node's own.
type guard struct {
	chainID string
	store   *state.Store
	ring    ring
	parties *rate.Limiter[string]
	// strangers bounds how many signatures a second are verified by keys that
	// the state doesn't know as the party's. There are such: of who registers
	// himself, and of keys whose addition still waits for a block. And anybody
	// can make up any number.
	strangers *rate.Limiter[struct{}]
	meter     *meter
}

func newGuard(chainID string, s *state.Store, c *Config, m *meter) *guard {
	g := &guard{chainID: chainID, store: s, meter: m,
		parties:   rate.New[string](c.Limits.PartyTxs, 1, partiesMax),
		strangers: rate.New[struct{}](c.Limits.Strangers, op.SignaturesMax, 2)}
	g.ring.warm(s)
	return g
}

// ask returns a numbered error where the signatures needn't be looked at. Errors:
// WRONG_CHAIN, RATE_LIMITED.
//
// A party's bucket is only looked at here. What is taken from it is taken once
// the signatures are found good: else anybody could empty it, in its name.
func (g *guard) ask(t *op.Tx) error {
	if g == nil {
		return nil
	}
	if t.Body.ChainId != g.chainID {
		return op.Errorf(pb.Code_WRONG_CHAIN, "the transaction is for the chain %q; this is %q", t.Body.ChainId, g.chainID)
	}
	if wait, empty := g.parties.Empty(t.Body.Party); empty {
		g.meter.limit(LimitParty, 1)
		return op.Errorf(pb.Code_RATE_LIMITED, "this node takes no more from %s for now; try again in %s, or at another node", t.Body.Party, Soon(wait))
	}
	if !g.knows(t) {
		if wait, ok := g.strangers.Take(struct{}{}, len(t.Signatures)); !ok {
			g.meter.limit(LimitStrangers, len(t.Signatures))
			return op.Errorf(pb.Code_RATE_LIMITED, "a key that signed is not one of %s as of height %d, and this node has looked at enough of such for now; try again in %s", t.Body.Party, g.store.Height(), Soon(wait))
		}
	}
	return nil
}

// passed counts a transaction whose signatures are good.
func (g *guard) passed(t *op.Tx) {
	if g != nil {
		g.parties.Charge(t.Body.Party, 1)
	}
}

// committed takes in what a block changed.
func (g *guard) committed(changes []state.Change) {
	if g != nil {
		g.ring.committed(changes)
	}
}

// knows says whether all keys that signed are the party's, as of the last
// commit.
func (g *guard) knows(t *op.Tx) bool {
	keys := g.ring.keys(g.store, t.Body.Party)
	for _, s := range t.Signatures {
		if !hasKey(keys, s) {
			return false
		}
	}
	return true
}

func hasKey(keys []*pb.Key, s *pb.Signature) bool {
	for _, k := range keys {
		if k.Scheme == s.Scheme && bytes.Equal(k.PublicKey, s.PublicKey) {
			return true
		}
	}
	return false
}

// ring remembers the keys of parties. What it says may be a moment old: nothing
// depends on it but what a refusal costs.
type ring struct {
	shards [16]shard
	epoch  atomic.Uint64 // of commits that changed a party
}

// shard is a part of a ring, in two generations, as state's cache is.
type shard struct {
	// mu guards both.
	mu         sync.RWMutex
	young, old map[string][]*pb.Key
}

// warm takes in the parties that are in memory at the start.
func (r *ring) warm(s *state.Store) {
	n := 0
	for k, p := range party.Parties.Warm(s) {
		if n++; n > ringMax {
			return
		}
		r.of(string(k)).put(string(k), p.Keys, &r.epoch, 0)
	}
}

// of finds a party's shard.
func (r *ring) of(id string) *shard {
	return &r.shards[maphash.String(ringSeed, id)%uint64(len(r.shards))]
}

var ringSeed = maphash.MakeSeed()

// keys are a party's keys; none where there is no such party.
func (r *ring) keys(s *state.Store, id string) []*pb.Key {
	sh := r.of(id)
	sh.mu.RLock()
	keys, ok := sh.young[id]
	if !ok {
		keys, ok = sh.old[id]
		if ok {
			sh.mu.RUnlock()
			sh.put(id, keys, nil, 0)
			return keys
		}
	}
	sh.mu.RUnlock()
	if ok {
		return keys
	}
	epoch := r.epoch.Load()
	v := s.View()
	p, ok := party.Parties.Peek(v, state.Key(id))
	v.Release()
	if ok {
		keys = p.Keys
		sh.put(id, keys, &r.epoch, epoch)
	}
	return keys
}

// put remembers a party's keys, unless a party has changed since they were read.
func (sh *shard) put(id string, keys []*pb.Key, epoch *atomic.Uint64, at uint64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if epoch != nil && epoch.Load() != at {
		return
	}
	if epoch == nil {
		if _, still := sh.old[id]; !still {
			return // changed in between
		}
		delete(sh.old, id)
	}
	if sh.young == nil || len(sh.young) >= ringMax/len(ring{}.shards) {
		sh.old, sh.young = sh.young, make(map[string][]*pb.Key)
	}
	sh.young[id] = keys
}

// committed forgets the parties that a block changed.
func (r *ring) committed(changes []state.Change) {
	moved := false
	for _, c := range changes {
		if _, _, ok := party.Parties.Of(c); !ok {
			continue
		}
		if !moved {
			r.epoch.Add(1)
			moved = true
		}
		id := string(c.Key())
		sh := r.of(id)
		sh.mu.Lock()
		delete(sh.young, id)
		delete(sh.old, id)
		sh.mu.Unlock()
	}
}
