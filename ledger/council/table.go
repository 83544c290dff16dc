package council

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Limits of the council.
const (
	// MembersMax is the most members, suspended ones among them.
	MembersMax = 100
	// PowerMax is the most power of one validator.
	PowerMax = 1_000_000_000
	// OpenMax is the most open proposals of one member.
	OpenMax = 3
)

// Tables of the area. Only this package writes them.
var (
	// Params has the chain's parameters in its one row, ParamsKey.
	Params = state.NewTable(100, "params", func(*pb.Params) []string { return []string{string(CouncilKey)} })
	// Members are the seats, by party.
	Members = state.NewTable(101, "members", func(m *pb.Member) []string { return []string{m.Party} })
	// Proposals are what members asked for, by id.
	Proposals = state.NewTable(102, "proposals", func(p *pb.Proposal) []string {
		about := []string{p.Id, p.Proposer}
		for _, m := range []*pb.MemberChange{p.AddMember, p.RemoveMember, p.SetPower} {
			if m != nil && m.Party != p.Proposer {
				about = append(about, m.Party)
			}
		}
		return about
	})
	// Misbehaviour is the evidence against validators, by id.
	Misbehaviour = state.NewTable(103, "misbehaviour", func(m *pb.Misbehaviour) []string {
		if m.Party == "" {
			return []string{m.Id}
		}
		return []string{m.Id, m.Party}
	})
	// Validators are all keys that are or were validators', by address in
	// hexadecimal. Rows stay for good.
	Validators = state.NewTable(104, "validators", func(v *pb.Validator) []string { return []string{v.Party} })
	// Councils has what the members have in common in its one row, CouncilKey.
	Councils = state.NewTable(105, "council", func(*pb.Council) []string { return []string{string(CouncilKey)} })
)

// Keys of the tables with one row.
const (
	ParamsKey  state.Key = "params"
	CouncilKey state.Key = "council"
)

// Indexes of the area.
var (
	// MembersByState finds members. The place is seated or suspended.
	MembersByState = state.NewIndex(Members, 100, "members_by_state", func(_ state.Key, m *pb.Member) []string {
		if m.Suspended {
			return []string{"suspended"}
		}
		return []string{"seated"}
	})
	// ProposalsByState finds proposals. The place is the state's name and, after
	// a zero byte, when they were made.
	ProposalsByState = state.NewIndex(Proposals, 101, "proposals_by_state", func(_ state.Key, p *pb.Proposal) []string {
		return []string{p.State.String() + "\x00" + state.At(p.Created.AsTime())}
	})
	// MisbehaviourByParty finds evidence. The place is the party, empty where none
	// is known.
	MisbehaviourByParty = state.NewIndex(Misbehaviour, 104, "misbehaviour_by_party", func(_ state.Key, m *pb.Misbehaviour) []string {
		return []string{m.Party}
	})
	// ValidatorsByParty finds the keys that a party's validator has and had.
	ValidatorsByParty = state.NewIndex(Validators, 105, "validators_by_party", func(_ state.Key, v *pb.Validator) []string {
		return []string{v.Party}
	})

	// proposalsDue: a proposal's last moment still counts, so it ends right after.
	proposalsDue = state.NewIndex(Proposals, 102, "proposals_due", func(_ state.Key, p *pb.Proposal) []string {
		if p.State != pb.ProposalState_PROPOSAL_OPEN {
			return nil
		}
		return []string{state.At(p.Deadline.AsTime().Add(1))}
	})
	openByProposer = state.NewIndex(Proposals, 103, "proposals_open_by_proposer", func(_ state.Key, p *pb.Proposal) []string {
		if p.State != pb.ProposalState_PROPOSAL_OPEN {
			return nil
		}
		return []string{p.Proposer + "\x00"}
	})
)

var _ = op.RegisterDeadlines("proposal", proposalsDue, expire)

var _ = op.RegisterEffect(func(_ *op.Context, ch state.Change, need func(pb.Op_Privilege)) {
	switch ch.Table() {
	case Params.Name(), Members.Name(), Proposals.Name(), Misbehaviour.Name(), Validators.Name(), Councils.Name():
		need(pb.Op_CHANGE_COUNCIL)
	}
})

// Address is what consensus calls a validator: the first 20 bytes of SHA-256 of
// its public key.
func Address(publicKey []byte) []byte {
	h := sha256.Sum256(publicKey)
	return h[:20]
}

// ValidatorKey is the key of a validator's row.
func ValidatorKey(address []byte) state.Key { return state.Key(hex.EncodeToString(address)) }

// Get returns the council, not to be changed: empty before the chain's first
// block.
func Get(r state.Reader) *pb.Council {
	c, _ := Councils.Peek(r, CouncilKey)
	return c
}

// edit returns the council for a handler to change and put.
func edit(c *op.Context) *pb.Council {
	out, _ := Councils.Get(c.State, CouncilKey)
	return out
}

func put(c *op.Context, council *pb.Council) { Councils.Put(c.State, CouncilKey, council) }
