package council

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Genesis installs parameters and council of a new chain, once its parties are
// there. It refuses what no operation could have made. Nothing is to be used of
// o after an error.
func Genesis(o *state.Overlay, g *pb.Genesis) error {
	if err := CheckParams(g.Params); err != nil {
		return err
	}
	Params.Put(o, ParamsKey, g.Params.CloneVT())
	c := &op.Context{State: o, Params: g.Params}
	put(c, &pb.Council{Protocol: 1})
	for i, s := range g.Council {
		if err := genesisSeat(c, s); err != nil {
			return op.Errorf(op.CodeOf(err), "genesis council %d: %v", i+1, err)
		}
	}
	return nil
}

func genesisSeat(c *op.Context, s *pb.Seat) error {
	if err := checkKey(s.GetValidator()); err != nil {
		return err
	}
	if err := checkPower(s.Power); err != nil {
		return err
	}
	if err := checkSeat(c, s.Party); err != nil {
		return err
	}
	if err := takeKey(c, s.Validator, s.Party); err != nil {
		return err
	}
	council := edit(c)
	council.Members++
	council.Power += s.Power
	put(c, council)
	Members.Put(c.State, state.Key(s.Party), &pb.Member{Party: s.Party, Validator: s.Validator, Power: s.Power})
	return nil
}

// since is when something begins: unset where it is there from the start.
func since(c *op.Context) *timestamppb.Timestamp {
	if c.Height == 0 {
		return nil
	}
	return c.Time()
}
