package node

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
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
)

// guard asks a submitted transaction what costs little, before its signatures
// are verified, which costs much. A refusal of it is this node's own.
type guard struct {
	chainID string
	store   *state.Store
	ring    *ring
	parties *rate.Limiter[string]
	// strangers bounds how many signatures a second are verified by keys that
	// the state doesn't know as the party's. There are such: of who registers
	// himself, and of keys whose addition still waits for a block. And anybody
	// can make up any number.
	strangers *rate.Limiter[struct{}]
	meter     *meter
}

func newGuard(chainID string, s *state.Store, r *ring, c *Config, m *meter) *guard {
	return &guard{chainID: chainID, store: s, ring: r, meter: m,
		parties:   rate.New[string](c.Limits.PartyTxs, 1, partiesMax),
		strangers: rate.New[struct{}](c.Limits.Strangers, op.SignaturesMax, 1),
	}
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
	if !g.ring.knows(g.store, t) {
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
