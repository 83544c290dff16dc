package ledger

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/state"
)

// spent adds up how much of each asset left a party's available amount. Assets
// come in the order in which they were touched.
func spent(changes []state.Change, who string) []*pb.Amount {
	var out []*pb.Amount
	for _, ch := range changes {
		before, after, ok := asset.Holdings.Of(ch)
		if !ok {
			continue
		}
		var was, is int64
		h := after
		if before != nil {
			was, h = before.Available, before
		}
		if after != nil {
			is = after.Available
		}
		if h.Party != who || was == is {
			continue
		}
		out = add(out, h.Asset, was-is)
	}
	return out
}

func add(list []*pb.Amount, asset string, units int64) []*pb.Amount {
	for _, a := range list {
		if a.Asset == asset {
			a.Units += units
			return list
		}
	}
	return append(list, &pb.Amount{Asset: asset, Units: units})
}
