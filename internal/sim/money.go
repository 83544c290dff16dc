package sim

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

func (w *world) createAsset() []act {
	p := w.parties[w.pick("named")]
	if p == nil || len(w.assets) > 200 && !w.one(20) {
		return nil
	}
	q := &pb.CreateAssetRequest{Symbol: fmt.Sprint("S", w.serial), Kind: pb.AssetKind_POINTS, Decimals: uint32(w.r.IntN(4)), Freezable: w.one(2)}
	if p.Licensed {
		q.Kind = pb.AssetKind_MONEY
	}
	if w.one(4) {
		q.SupplyMax, q.HoldingMax = 1_000_000, among[int64](w, 0, 10_000, 400_000)
	}
	return do(p.Id, q)
}

func (w *world) issue() []act {
	a := w.assets[w.pick("assets")]
	if a == nil {
		return nil
	}
	q := &pb.IssueRequest{To: w.pick("parties"), Amount: &pb.Amount{Asset: a.Id, Units: 1 + w.r.Int64N(500_000)}}
	if w.one(2) {
		a = w.assets[euro]
		q.Amount = &pb.Amount{Asset: euro, Units: 10_000_000 + w.r.Int64N(50_000_000)}
		if to := w.pick("poor"); to != "" && !w.one(4) {
			q.To = to
		} else if to = w.pick(among(w, "person", "company")); to != "" {
			q.To = to
		}
	}
	who := a.Issuer
	if len(a.Minters) > 0 && w.one(2) {
		who = among(w, a.Minters...)
	}
	return do(who, q)
}

// some is a holding with something available, and a part of it.
func (w *world) some(part int64) (h *pb.Holding, units int64) {
	h = w.holdings[w.pick("holdings")]
	if h == nil {
		return &pb.Holding{}, 0
	}
	return h, 1 + w.r.Int64N(max(h.Available/part, 1))
}

func (w *world) transfer() []act {
	h, units := w.some(5)
	if w.one(30) {
		units = h.Available + among[int64](w, 0, 1)
	}
	return do(h.Party, &pb.TransferRequest{To: w.pick("parties"), Amount: &pb.Amount{Asset: h.Asset, Units: units}})
}

func (w *world) burn() []act {
	h, units := w.some(20)
	return do(h.Party, &pb.BurnRequest{Amount: &pb.Amount{Asset: h.Asset, Units: units}})
}

func (w *world) placeHold() []act {
	h, units := w.some(5)
	q := &pb.PlaceHoldRequest{Amount: &pb.Amount{Asset: h.Asset, Units: units}, Holder: w.pick("parties"),
		Expires: timestamppb.New(w.now.Add(among(w, time.Minute, time.Hour, 30*24*time.Hour) * time.Duration(w.r.IntN(10))))}
	if w.one(3) {
		q.Payee = w.pick("parties")
	}
	return do(h.Party, q)
}

func (w *world) postHold() []act {
	h := w.holds[w.pick("holds")]
	if h == nil {
		return nil
	}
	return do(h.Holder, &pb.PostHoldRequest{Hold: h.Id, Units: 1 + w.r.Int64N(h.Units), Final: w.one(2)})
}

func (w *world) voidHold() []act {
	h := w.holds[w.pick("holds")]
	if h == nil {
		return nil
	}
	return do(h.Holder, &pb.VoidHoldRequest{Hold: h.Id})
}

func (w *world) setMinter() []act {
	a := w.assets[w.pick("assets")]
	if a == nil {
		return nil
	}
	q := &pb.SetMinterRequest{Asset: a.Id, Party: w.pick("parties")}
	if len(a.Minters) > 0 && w.one(2) {
		q.Party, q.Stop = among(w, a.Minters...), true
	}
	return do(a.Issuer, q)
}

func (w *world) freezeHolding() []act {
	if h := w.holdings[w.pick("frozenholding")]; h != nil && w.one(2) {
		return do(w.assets[h.Asset].Issuer, &pb.FreezeHoldingRequest{Asset: h.Asset, Party: h.Party, Thaw: true})
	}
	a := w.assets[w.pick("freezable")]
	if a == nil {
		return nil
	}
	return do(a.Issuer, &pb.FreezeHoldingRequest{Asset: a.Id, Party: w.pick("parties")})
}
