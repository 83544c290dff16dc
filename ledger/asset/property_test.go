package asset

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// model is the naive ledger: plain sums, no rows, no indexes.
type model struct {
	available map[string]int64
	holds     map[string]*modelHold
	supply    int64
}

type modelHold struct {
	from, to, holder string
	units            int64
	expires          time.Time
}

func (m *model) held(who string) (sum int64) {
	for _, h := range m.holds {
		if h.from == who {
			sum += h.units
		}
	}
	return sum
}

const modelMax = 400 // holding_max of the model's asset

// TestMoneyAgainstModel drives transfers, holds, posts, voids and expiries at
// random and compares every amount and every verdict with the model's.
func TestMoneyAgainstModel(t *testing.T) {
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rapid.Check(t, func(t *rapid.T) {
		r := &run{t: t, m: &model{available: map[string]int64{}, holds: map[string]*modelHold{}},
			c: populate(s.Begin(), &pb.Asset{HoldingMax: modelMax})}
		t.Repeat(map[string]func(*rapid.T){
			"issue": r.issue, "transfer": r.transfer, "burn": r.burn, "place": r.place,
			"post": r.post, "void": r.void, "wait": r.wait, "": r.compare,
		})
	})
}

// run is one history.
type run struct {
	t *rapid.T
	c *op.Context
	m *model
	n int
}

func (r *run) party(what string) string { return rapid.SampledFrom(names).Draw(r.t, what) }
func (r *run) units() int64             { return rapid.Int64Range(-1, 150).Draw(r.t, "units") }

// pick draws a hold, oldest name first.
func (r *run) pick() (string, *modelHold) {
	id := holdID(rapid.IntRange(0, max(r.n, 1)).Draw(r.t, "hold"))
	return id, r.m.holds[id]
}

func holdID(n int) string { return fmt.Sprintf("h_%026d", n) }

// expect compares a verdict with the model's, and undoes what was refused.
func (r *run) expect(mark state.Mark, err error, want pb.Code) bool {
	r.t.Helper()
	wantCode(r.t, err, want)
	if err != nil {
		r.c.State.Undo(mark)
	}
	return err == nil
}

func (r *run) amount(units int64) *pb.Amount { return &pb.Amount{Asset: coin, Units: units} }

// full says whether a credit would exceed the limit.
func (r *run) full(who string, units int64) bool {
	return r.m.available[who]+r.m.held(who)+units > modelMax
}

func (r *run) issue(*rapid.T) {
	to, units := r.party("to"), r.units()
	want := pb.Code_OK
	if units <= 0 {
		want = pb.Code_BAD_AMOUNT
	} else if r.full(to, units) {
		want = pb.Code_HOLDING_LIMIT
	}
	r.c.Signer = names[0]
	mark := r.c.State.Mark()
	err := CheckAmount(r.amount(units))
	if err == nil {
		_, err = applyIssue(r.c, &pb.IssueRequest{To: to, Amount: r.amount(units)})
	}
	if r.expect(mark, err, want) {
		r.m.available[to] += units
		r.m.supply += units
	}
}

func (r *run) transfer(*rapid.T) {
	from, to, units := r.party("from"), r.party("to"), r.units()
	want := pb.Code_OK
	switch {
	case from == to:
		want = pb.Code_INVALID
	case units <= 0:
		want = pb.Code_BAD_AMOUNT
	case r.m.available[from] < units:
		want = pb.Code_INSUFFICIENT
	case r.full(to, units):
		want = pb.Code_HOLDING_LIMIT
	}
	r.c.Signer = from
	mark := r.c.State.Mark()
	_, err := applyTransfer(r.c, &pb.TransferRequest{To: to, Amount: r.amount(units)})
	if r.expect(mark, err, want) {
		r.m.available[from] -= units
		r.m.available[to] += units
	}
}

func (r *run) burn(*rapid.T) {
	from, units := r.party("from"), r.units()
	want := pb.Code_OK
	if units <= 0 {
		want = pb.Code_BAD_AMOUNT
	} else if r.m.available[from] < units {
		want = pb.Code_INSUFFICIENT
	}
	r.c.Signer = from
	mark := r.c.State.Mark()
	_, err := applyBurn(r.c, &pb.BurnRequest{Amount: r.amount(units)})
	if r.expect(mark, err, want) {
		r.m.available[from] -= units
		r.m.supply -= units
	}
}

func (r *run) place(*rapid.T) {
	h := &modelHold{from: r.party("from"), to: r.party("to"), holder: r.party("holder"), units: r.units(),
		expires: r.c.Now.Add(time.Duration(rapid.IntRange(0, 5).Draw(r.t, "expires")) * time.Second)}
	want := pb.Code_OK
	if h.units <= 0 {
		want = pb.Code_BAD_AMOUNT
	} else if r.m.available[h.from] < h.units {
		want = pb.Code_INSUFFICIENT
	}
	id := holdID(r.n)
	mark := r.c.State.Mark()
	err := hold(r.c, &pb.Hold{Id: id, Party: h.from, Asset: coin, Units: h.units, Holder: h.holder, Payee: h.to, Expires: timestamppb.New(h.expires)})
	if r.expect(mark, err, want) {
		r.n++
		r.m.available[h.from] -= h.units
		r.m.holds[id] = h
	}
}

func (r *run) post(*rapid.T) {
	id, h := r.pick()
	signer, units, final := r.party("signer"), max(r.units(), 1), rapid.Bool().Draw(r.t, "final")
	want := pb.Code_OK
	switch {
	case h == nil:
		want = pb.Code_NOT_FOUND
	case signer != h.holder:
		want = pb.Code_NOT_YOURS
	case r.c.Now.After(h.expires):
		want = pb.Code_WRONG_TIME
	case units > h.units:
		want = pb.Code_INSUFFICIENT
	case r.full(h.to, units):
		want = pb.Code_HOLDING_LIMIT
	}
	r.c.Signer = signer
	mark := r.c.State.Mark()
	res, err := applyPostHold(r.c, &pb.PostHoldRequest{Hold: id, Units: units, Final: final})
	if !r.expect(mark, err, want) {
		return
	}
	h.units -= units
	r.m.available[h.to] += units
	if final {
		r.m.available[h.from] += h.units
		h.units = 0
	}
	if res.Left != h.units {
		r.t.Fatalf("%d are left, want %d", res.Left, h.units)
	}
	if h.units == 0 {
		delete(r.m.holds, id)
	}
}

func (r *run) void(*rapid.T) {
	id, h := r.pick()
	signer := r.party("signer")
	want := pb.Code_OK
	if h == nil {
		want = pb.Code_NOT_FOUND
	} else if signer != h.holder {
		want = pb.Code_NOT_YOURS
	}
	r.c.Signer = signer
	mark := r.c.State.Mark()
	_, err := applyVoidHold(r.c, &pb.VoidHoldRequest{Hold: id})
	if r.expect(mark, err, want) {
		r.m.available[h.from] += h.units
		delete(r.m.holds, id)
	}
}

// wait lets time pass; the sweep may or may not come to what is overdue.
func (r *run) wait(*rapid.T) {
	r.c.Now = r.c.Now.Add(time.Duration(rapid.IntRange(0, 3).Draw(r.t, "seconds")) * time.Second)
	limit := rapid.IntRange(0, 3).Draw(r.t, "work")
	op.RunDue(r.c, limit, false)
	for id, h := range r.m.holds {
		if r.c.Now.After(h.expires) && !Holds.Has(r.c.State, state.Key(id)) {
			r.m.available[h.from] += h.units
			delete(r.m.holds, id)
		}
	}
}

// compare compares all there is with the model, after each step.
func (r *run) compare(*rapid.T) {
	var sum int64
	for _, id := range names {
		wantHolding(r.t, r.c, id, r.m.available[id], r.m.held(id))
		if r.m.available[id] < 0 {
			r.t.Fatalf("the model has %d of %s", r.m.available[id], id)
		}
		sum += r.m.available[id] + r.m.held(id)
	}
	a, err := Get(r.c.State, coin)
	if err != nil || a.Supply != sum || a.Supply != r.m.supply {
		r.t.Fatalf("supply %d, want %d and the sum %d (%v)", a.GetSupply(), r.m.supply, sum, err)
	}
	n := 0
	for _, k := range HoldsByParty.Keys(r.c.State, "", "") {
		n++
		if h, _ := Holds.Peek(r.c.State, k); r.m.holds[string(k)] == nil || h.Units != r.m.holds[string(k)].units {
			r.t.Fatalf("hold %s has %d, want %v", k, h.GetUnits(), r.m.holds[string(k)])
		}
	}
	if n != len(r.m.holds) {
		r.t.Fatalf("there are %d holds, want %d", n, len(r.m.holds))
	}
}
