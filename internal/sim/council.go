package sim

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
)

// possession is a validator's key for a party, and the proof of it.
func (w *world) possession(who string) (public, signature []byte) {
	k := w.newKey()
	return k.PublicKey, w.sign(k, council.Possession(chainID, who, k.PublicKey)).Signature
}

func (w *world) proposeMember() []act {
	if len(w.members) > 14 && !w.one(5) {
		return nil
	}
	q := &pb.ProposeMemberRequest{Party: w.pick("company"), Power: 1 + w.r.Int64N(30)}
	q.Validator, q.Possession = w.possession(q.Party)
	return do(w.pick("members"), q)
}

func (w *world) proposeRemoval() []act {
	if len(w.members) < 5 && !w.one(5) {
		return nil
	}
	return do(w.pick("members"), &pb.ProposeRemovalRequest{Party: w.pick(among(w, "members", "suspended"))})
}

func (w *world) proposePower() []act {
	return do(w.pick("members"), &pb.ProposePowerRequest{Party: w.pick(among(w, "members", "suspended", "suspended")), Power: 1 + w.r.Int64N(40)})
}

func (w *world) proposeParams() []act {
	p := w.params.CloneVT()
	p.VotePeriod = durationpb.New(time.Duration(1+w.r.IntN(500)) * time.Hour)
	p.WorkPerBlock = among[uint32](w, 20, 60, 300, 1000)
	p.FactAheadMax = durationpb.New(time.Duration(w.r.IntN(60)) * time.Minute)
	p.NewcomersPerMinute = among[uint32](w, 5, 12)
	p.NewcomerQuotaPerMinute, p.NewcomerTotalPerMinute = among[uint32](w, 2, 6), among[uint32](w, 50, 100)
	p.ChangeWindow = durationpb.New(time.Duration(1+w.r.IntN(40)) * time.Hour)
	p.RotationPause = durationpb.New(100 * time.Hour)
	p.QuotaPerMinute, p.QuotaBurst = among[uint32](w, 10, 20), among[uint32](w, 25, 40)
	fields := []string{"vote_period", "work_per_block", "fact_ahead_max", "newcomers_per_minute", "newcomer_quota_per_minute", "newcomer_total_per_minute", "change_window", "rotation_pause", "quota_per_minute", "quota_burst"}
	w.r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	fields = fields[:1+w.r.IntN(len(fields))]
	m := p.ProtoReflect()
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !slices.Contains(fields, string(f.Name())) {
			m.Clear(f)
		}
		return true
	})
	return do(w.pick("members"), &pb.ProposeParamsRequest{Fields: fields, Params: p})
}

// proposeUpgrade asks for an upgrade that no play reaches: there is no program
// with the rules it is to.
func (w *world) proposeUpgrade() []act {
	return do(w.pick("members"), &pb.ProposeUpgradeRequest{Name: fmt.Sprint("upgrade-", w.serial), Height: w.height + 10_000_000 + w.r.Int64N(1000), Protocol: w.council.Protocol + 1})
}

func (w *world) proposeNoUpgrade() []act {
	u := w.council.Upgrade
	if u == nil {
		return nil
	}
	return do(w.pick("members"), &pb.ProposeNoUpgradeRequest{Name: u.Name})
}

func (w *world) vote() []act {
	p := w.proposals[w.pick("proposals")]
	if p == nil {
		return nil
	}
	return do(w.pick("members"), &pb.VoteRequest{Proposal: p.Id, Yes: !w.one(5)})
}

func (w *world) withdraw() []act {
	p := w.proposals[w.pick("proposals")]
	if p == nil {
		return nil
	}
	return do(p.Proposer, &pb.WithdrawProposalRequest{Proposal: p.Id})
}

func (w *world) rotateValidator() []act {
	who := w.pick("members")
	if s := w.pick("suspended"); s != "" && !w.one(3) {
		who = s
	}
	if who == "" {
		return nil
	}
	q := &pb.RotateValidatorRequest{}
	q.Validator, q.Possession = w.possession(who)
	return do(who, q)
}

// evidence is what consensus found out: hardly ever anything.
func (w *world) evidence() []council.Evidence {
	if !w.one(500) || w.height < begun {
		return nil
	}
	v := w.validators[w.pick("validators")]
	return []council.Evidence{{Address: council.Address(v.PublicKey), Kind: pb.MisbehaviourKind(1 + w.r.IntN(2)), Height: max(1, w.height-w.r.Int64N(50)),
		Time: w.now, Power: 1 + w.r.Int64N(50)}}
}
