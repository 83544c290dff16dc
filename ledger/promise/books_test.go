package promise

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestSound has one promise for each thing that can't be, and for what is like it and
// can.
func TestSound(t *testing.T) {
	hold := func(party string, put, paid int64) []*pb.PromiseHold {
		return []*pb.PromiseHold{{Name: "bond", Party: party, Asset: "EUR@bank", Put: put, Paid: paid}}
	}
	for name, c := range map[string]struct {
		p  *pb.Promise
		ok bool
	}{
		"none":                     {nil, true},
		"an offer":                 {&pb.Promise{State: pb.PromiseState_OFFERED, Holds: hold("", 5, 0)}, true},
		"a standing offer":         {&pb.Promise{State: pb.PromiseState_OFFERED, Copies: 2, Holds: hold("p_a", 5, 0)}, true},
		"in force":                 {&pb.Promise{State: pb.PromiseState_ACTIVE, Holds: hold("p_a", 5, 2)}, true},
		"in force with nothing":    {&pb.Promise{State: pb.PromiseState_ACTIVE, Holds: hold("", 0, 0)}, true},
		"settled":                  {&pb.Promise{State: pb.PromiseState_SETTLED, Holds: hold("p_a", 5, 5)}, true},
		"more paid than there was": {&pb.Promise{State: pb.PromiseState_ACTIVE, Holds: hold("p_a", 5, 6)}, false},
		"less than nothing paid":   {&pb.Promise{State: pb.PromiseState_ACTIVE, Holds: hold("p_a", 5, -1)}, false},
		"settled with a rest":      {&pb.Promise{State: pb.PromiseState_SETTLED, Holds: hold("p_a", 5, 4)}, false},
		"nobody's money":           {&pb.Promise{State: pb.PromiseState_ACTIVE, Holds: hold("", 5, 0)}, false},
		"copies of no offer":       {&pb.Promise{State: pb.PromiseState_ACTIVE, Copies: 1}, false},
	} {
		if err := sound(c.p); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBooks: whoever checks the books is told what a promise that changes has set
// aside more, and of one that can't be.
func TestBooks(t *testing.T) {
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o := s.Begin()
	for _, h := range []*pb.PromiseHold{
		{Party: "p_a", Asset: "EUR@bank", Put: 5},
		{Party: "p_a", Asset: "EUR@bank", Put: 8, Paid: 1},
		{Party: "p_a", Asset: "EUR@bank", Put: 8, Paid: 9},
	} {
		Promises.Put(o, "pr_x", &pb.Promise{Id: "pr_x", State: pb.PromiseState_ACTIVE, Wake: timestamppb.New(time.Unix(1767603600, 0)), Holds: []*pb.PromiseHold{h}})
	}
	var sum int64
	for i, ch := range o.Since(0) {
		var needs []pb.Op_Privilege
		op.Needs(nil, ch, func(p pb.Op_Privilege) { needs = append(needs, p) })
		if !slices.Equal(needs, []pb.Op_Privilege{pb.Op_MOVE_HELD}) {
			t.Errorf("change %d needs %v", i, needs)
		}
		for _, b := range asset.AllBooks() {
			ok, err := b.Change(ch, func(party, of string, units int64) { sum += units })
			if !ok || (err != nil) != (i == 2) {
				t.Errorf("change %d: %v, %v", i, ok, err)
			}
		}
		if want := []int64{5, 7, -1}[i]; sum != want {
			t.Errorf("after change %d, %d are held, not %d", i, sum, want)
		}
	}
}

// TestSameBooks: what of a promise's holds takes the privilege to move what is held.
func TestSameBooks(t *testing.T) {
	was := &pb.PromiseHold{Name: "bond", Party: "p_a", Asset: "EUR@bank", Put: 5, Paid: 2}
	for name, c := range map[string]struct {
		b, a []*pb.PromiseHold
		same bool
	}{
		"nothing":                  {nil, nil, true},
		"the same":                 {[]*pb.PromiseHold{was}, []*pb.PromiseHold{was.CloneVT()}, true},
		"an offer's, not put in":   {[]*pb.PromiseHold{{Put: 5}}, []*pb.PromiseHold{{}}, true},
		"put in":                   {[]*pb.PromiseHold{{Put: 5}}, []*pb.PromiseHold{{Party: "p_a", Put: 5}}, false},
		"new":                      {nil, []*pb.PromiseHold{was}, false},
		"paid":                     {[]*pb.PromiseHold{was}, []*pb.PromiseHold{{Name: "bond", Party: "p_a", Asset: "EUR@bank", Put: 5, Paid: 3}}, false},
		"somebody else's":          {[]*pb.PromiseHold{was}, []*pb.PromiseHold{{Name: "bond", Party: "p_b", Asset: "EUR@bank", Put: 5, Paid: 2}}, false},
		"another asset's":          {[]*pb.PromiseHold{was}, []*pb.PromiseHold{{Name: "bond", Party: "p_a", Asset: "USD@bank", Put: 5, Paid: 2}}, false},
		"a pool's all of a sudden": {[]*pb.PromiseHold{was}, []*pb.PromiseHold{{Name: "bond", Party: "p_a", Asset: "EUR@bank", Put: 5, Paid: 2, Pool: "pl"}}, false},
	} {
		if got := sameBooks(c.b, c.a); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}
