package node

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/council"
)

// evidenceAge is how long after it a validator can be convicted of signing
// twice. It is as long as clients may go on trusting a set of validators they
// saw (client/proof PeriodDefault): as long as its word counts somewhere, lying
// has a price (CometBFT's light client specification calls it the trusting
// period).
const evidenceAge = 14 * 24 * time.Hour

// powers are the powers of validators by public key.
func powers(validators []abci.ValidatorUpdate) map[string]int64 {
	out := make(map[string]int64, len(validators))
	for _, v := range validators {
		out[string(v.PubKey.GetEd25519())] = v.Power
	}
	return out
}

// checkSeats says whether a genesis names the same validators to consensus and
// to the council. A genesis without a council has nothing to compare.
func checkSeats(seats []*pb.Seat, validators map[string]int64) error {
	if len(seats) == 0 {
		return nil
	}
	for _, s := range seats {
		if p := validators[string(s.Validator)]; p != s.Power {
			return fmt.Errorf("the council's seat of %s has the validator %x with power %d; among the validators it has power %d", s.Party, s.Validator, s.Power, p)
		}
	}
	if len(seats) != len(validators) {
		return fmt.Errorf("there are %d validators and %d seats on the council: every validator has a seat", len(validators), len(seats))
	}
	return nil
}

// genesisValidators is how CometBFT hands a genesis' validators to the ledger.
func genesisValidators(doc *types.GenesisDoc) (out []abci.ValidatorUpdate) {
	for _, v := range doc.Validators {
		out = append(out, abci.Ed25519ValidatorUpdate(v.PubKey.Bytes(), v.Power))
	}
	return out
}

// evidence is what consensus found out about validators.
func evidence(ms []abci.Misbehavior) []council.Evidence {
	kinds := map[abci.MisbehaviorType]pb.MisbehaviourKind{
		abci.MisbehaviorType_DUPLICATE_VOTE:      pb.MisbehaviourKind_DUPLICATE_VOTE,
		abci.MisbehaviorType_LIGHT_CLIENT_ATTACK: pb.MisbehaviourKind_LIGHT_CLIENT_ATTACK,
	}
	out := make([]council.Evidence, len(ms))
	for i, m := range ms {
		out[i] = council.Evidence{Address: bytes.Clone(m.Validator.Address), Kind: kinds[m.Type], Height: m.Height, Time: m.Time.UTC(), Power: m.Validator.Power}
	}
	return out
}

// tell hands a block's changes of validators and of the rules' version to
// consensus. Validators change at the height after the next; the version is in
// the headers from the next height on.
func tell(x *ledger.Executed, out *abci.ResponseFinalizeBlock) {
	for _, v := range x.Validators {
		out.ValidatorUpdates = append(out.ValidatorUpdates, abci.Ed25519ValidatorUpdate(v.PublicKey, v.Power))
	}
	if x.Protocol != 0 {
		out.ConsensusParamUpdates = &cmtproto.ConsensusParams{Version: &cmtproto.VersionParams{App: uint64(x.Protocol)}}
	}
}

// halt is the end of what this program can execute: the chain goes on by rules
// that it doesn't have.
type halt struct {
	once    sync.Once
	reached chan struct{}
	why     error // once reached
}

func newHalt() *halt { return &halt{reached: make(chan struct{})} }

// look sets the halt where err says that this program can't execute the next
// height.
func (h *halt) look(err error) {
	if err != nil {
		h.once.Do(func() {
			h.why = err
			close(h.reached)
		})
	}
}

// err is a *council.UpgradeNeeded where the halt is reached.
func (h *halt) err() error {
	select {
	case <-h.reached:
		return h.why
	default:
		return nil
	}
}

// barred keeps the node out of a height that runs by rules it doesn't have: it
// neither proposes nor votes, and waits to be stopped. While the node starts,
// nobody could stop it yet.
func (a *app) barred() error {
	err := a.halt.err()
	if err != nil && a.syncing.Load() != nil {
		<-a.stop
	}
	return err
}

// leave ends the execution of a block that is barred, or that can't be written, or upon
// one that can't.
// Consensus takes the error, and stops. Catching up with others from blocks would take the process down
// with it; there the goroutine ends, which is all that Stop waits for.
func (a *app) leave(err error) (*abci.ResponseFinalizeBlock, error) {
	if syncing := a.syncing.Load(); syncing != nil && (*syncing)() {
		runtime.Goexit()
	}
	return nil, err
}
