package invariant

import (
	"bytes"
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

func (s *sums) member(before, after *pb.Member) error {
	if after != nil {
		s.seats++
		if after.Suspended != (after.Power == 0) || after.Power < 0 || after.Power > council.PowerMax {
			return fmt.Errorf("invariant: member %s has power %d, suspended %t", after.Party, after.Power, after.Suspended)
		}
	}
	if before != nil {
		s.seats--
	}
	s.power += after.GetPower() - before.GetPower()
	return nil
}

// seats: every member is a company with a key of its own, which nobody else has
// or had, and has at most so many open proposals; whoever has a key in use is a
// member; and a chain that has a council has a validator.
func seats(r state.Reader) error {
	for _, k := range council.MembersByState.Keys(r, "", "") {
		m, _ := council.Members.Peek(r, k)
		p, _ := party.Parties.Peek(r, state.Key(m.Party))
		v, _ := council.Validators.Peek(r, council.ValidatorKey(council.Address(m.Validator)))
		if p.GetKind() != pb.PartyKind_COMPANY || v.GetParty() != m.Party || v.Until != nil || !bytes.Equal(v.PublicKey, m.Validator) {
			return fmt.Errorf("invariant: member %s is a %s; its key is %s's until %v", m.Party, p.GetKind(), v.GetParty(), v.GetUntil())
		}
	}
	if c := council.Get(r); c.GetMembers() > 0 && c.Power < 1 {
		return fmt.Errorf("invariant: the council of %d members has no power", c.Members)
	}
	for _, k := range council.ValidatorsByParty.Keys(r, "", "") {
		v, ok := council.Validators.Peek(r, k)
		if !ok {
			return missing("validator", k)
		}
		if m, _ := council.Members.Peek(r, state.Key(v.Party)); v.Until == nil && !bytes.Equal(m.GetValidator(), v.PublicKey) {
			return fmt.Errorf("invariant: validator %s is in use by %s, whose seat doesn't have it", k, v.Party)
		}
	}
	open := map[string]int{}
	for _, k := range council.ProposalsByState.Keys(r, pb.ProposalState_PROPOSAL_OPEN.String(), "") {
		p, ok := council.Proposals.Peek(r, k)
		if !ok {
			return missing("proposal", k)
		}
		if open[p.Proposer]++; open[p.Proposer] > council.OpenMax {
			return fmt.Errorf("invariant: %s has more than %d open proposals", p.Proposer, council.OpenMax)
		}
	}
	return nil
}
