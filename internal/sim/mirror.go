package sim

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// see keeps what a change says of the rows that operations are made about.
func (w *world) see(ch state.Change) {
	id := string(ch.Key())
	switch ch.Table() {
	case "parties":
		if was, ok := ch.Before().(*pb.Party); ok {
			w.put("guests of "+was.Sponsor, id, false)
		}
		w.seeParty(id, ch.After().(*pb.Party))
	case "assets":
		a := ch.After().(*pb.Asset)
		w.assets[id] = a
		w.put("assets", id, true)
		w.put("freezable", id, a.Freezable)
	case "holdings":
		w.seeHolding(ch, id)
	case "holds":
		h, there := ch.After().(*pb.Hold)
		keep(w.holds, id, h, there)
		w.put("holds", id, there && h.Expires != nil)
	case "facts":
		if ch.Before() == nil {
			if w.facts = append(w.facts, ch.After().(*pb.Fact)); len(w.facts) > 600 {
				w.facts = append([]*pb.Fact(nil), w.facts[300:]...)
			}
		}
	case "attester_classes":
		w.classes[id] = ch.After().(*pb.AttesterClass)
	case "templates":
		t := ch.After().(*pb.Template)
		w.published[id] = t
		w.put("templates", id, true)
		w.put("parcels", id, t.Name == "parcel-by-date")
		w.put("disputable", id, t.Dispute != nil)
		w.put("eventful", id, len(t.Transfer)+len(t.Cancel) > 0)
	case "promises":
		w.seePromise(ch, id)
	case "pools":
		p := ch.After().(*pb.Pool)
		w.pools[id] = p
		w.put("pools", id, true)
		w.put("pools of "+p.Owner, id, p.Asset == euro && p.Units-p.Committed > 10_000)
	case "deliveries":
		if d, ok := ch.Before().(*pb.Deadline); ok {
			if w.waiting[d.Kind]--; w.waiting[d.Kind] == 0 {
				delete(w.waiting, d.Kind)
			}
		}
		if d, ok := ch.After().(*pb.Deadline); ok {
			w.waiting[d.Kind]++
		}
	case "queues":
		n, there := ch.After().(*pb.FactCount)
		keep(w.queued, id, n.GetFacts(), there)
	default:
		w.seeCouncil(ch, id)
	}
}

func keep[T any](m map[string]T, id string, rec T, there bool) {
	if there {
		m[id] = rec
	} else {
		delete(m, id)
	}
}

func (w *world) seeParty(id string, p *pb.Party) {
	w.parties[id] = p
	able := !p.Frozen && !p.Retired
	w.put("guests of "+p.Sponsor, id, able && p.Created != nil)
	w.put("sponsor", p.Sponsor, p.Sponsor != "")
	w.put("parties", id, true)
	w.put("person", id, able && p.Kind == pb.PartyKind_PERSON)
	w.put("company", id, able && p.Kind == pb.PartyKind_COMPANY)
	w.put("device", id, able && p.Kind == pb.PartyKind_DEVICE)
	w.put("named", id, able && p.Handle != "")
	w.put("nameless", id, able && p.Handle == "" && (p.Kind == pb.PartyKind_COMPANY || p.Kind == pb.PartyKind_PROGRAMME))
	w.put("frozen", id, p.Frozen)
	w.put("guarded", id, p.Guardians != nil && !p.Retired)
	w.put("recovering", id, p.Recovery != nil)
	w.put("manykeys", id, able && len(p.Keys) > 1)
}

func (w *world) seeHolding(ch state.Change, id string) {
	h, there := ch.After().(*pb.Holding)
	keep(w.holdings, id, h, there)
	w.put("holdings", id, there && h.Available > 0)
	w.put("frozenholding", id, there && h.Frozen)
	if there && h.Asset == euro {
		rich := h.Available > 5_000_000 && !h.Frozen
		w.put("rich", h.Party, rich)
		w.put("poor", h.Party, !rich)
	}
}

func (w *world) seePromise(ch state.Change, id string) {
	p := ch.After().(*pb.Promise)
	if was, ok := ch.Before().(*pb.Promise); ok {
		w.put(was.State.String(), id, false)
	}
	live := p.State != pb.PromiseState_SETTLED
	keep(w.promises, id, p, live)
	w.put(p.State.String(), id, live)
	w.put("promises", id, live)
	w.put("replaceable", id, p.State == pb.PromiseState_ACTIVE && w.published[p.Template].Novation != nil)
	w.put("waking", id, live && p.Wake != nil)
}

func (w *world) seeCouncil(ch state.Change, id string) {
	switch ch.Table() {
	case "members":
		m, there := ch.After().(*pb.Member)
		keep(w.members, id, m, there)
		w.put("members", id, there && !m.Suspended)
		w.put("suspended", id, there && m.Suspended)
	case "proposals":
		p := ch.After().(*pb.Proposal)
		open := p.State == pb.ProposalState_PROPOSAL_OPEN
		keep(w.proposals, id, p, open)
		w.put("proposals", id, open)
	case "validators":
		w.validators[id] = ch.After().(*pb.Validator)
		w.put("validators", id, true)
	case "council":
		w.council = ch.After().(*pb.Council)
	case "params":
		w.params = ch.After().(*pb.Params)
	}
}
