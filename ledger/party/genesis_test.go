package party

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

func TestGenesis(t *testing.T) {
	id := func(n byte) string { return op.MakeID("p", []byte{n}) }
	for name, row := range map[string]struct {
		change func(bank, dev *pb.Party)
		want   pb.Code
	}{
		"good":              {func(b, d *pb.Party) {}, pb.Code_OK},
		"bad id":            {func(b, d *pb.Party) { b.Id = "bank" }, pb.Code_INVALID},
		"same id":           {func(b, d *pb.Party) { d.Id = b.Id }, pb.Code_EXISTS},
		"bad kind":          {func(b, d *pb.Party) { b.Kind = 0 }, pb.Code_INVALID},
		"no owner key":      {func(b, d *pb.Party) { b.Keys = nil }, pb.Code_INVALID},
		"bad policy":        {func(b, d *pb.Party) { b.Policies = []*pb.KeyPolicy{{}} }, pb.Code_INVALID},
		"impossible policy": {func(b, d *pb.Party) { b.Policies = []*pb.KeyPolicy{{Threshold: 2}} }, pb.Code_INVALID},
		"bad guardians":     {func(b, d *pb.Party) { b.Guardians = &pb.Guardians{} }, pb.Code_INVALID},
		"recovery":          {func(b, d *pb.Party) { b.Recovery = &pb.Recovery{} }, pb.Code_INVALID},
		"bad time":          {func(b, d *pb.Party) { b.Created = &timestamppb.Timestamp{Nanos: -1} }, pb.Code_INVALID},
		"licensed device":   {func(b, d *pb.Party) { d.Licensed = true }, pb.Code_INVALID},
		"owned company":     {func(b, d *pb.Party) { b.Owner = d.Id }, pb.Code_INVALID},
		"device's device":   {func(b, d *pb.Party) { d.Owner = d.Id }, pb.Code_INVALID},
		"unknown owner":     {func(b, d *pb.Party) { d.Owner = id(9) }, pb.Code_UNKNOWN_PARTY},
		"unknown sponsor":   {func(b, d *pb.Party) { d.Sponsor = id(9) }, pb.Code_UNKNOWN_PARTY},
		"device sponsors":   {func(b, d *pb.Party) { b.Sponsor = d.Id }, pb.Code_WRONG_STATE},
		"own sponsor":       {func(b, d *pb.Party) { b.Sponsor = b.Id }, pb.Code_INVALID},
		"bad handle":        {func(b, d *pb.Party) { b.Handle = "B" }, pb.Code_INVALID},
		"device's handle":   {func(b, d *pb.Party) { d.Handle = "toaster" }, pb.Code_WRONG_STATE},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bank := &pb.Party{Id: id(1), Kind: pb.PartyKind_COMPANY, Name: "North Bank", Handle: "northbank", Licensed: true, Keys: []*pb.Key{w.pair().owner()}}
			dev := &pb.Party{Id: id(2), Kind: pb.PartyKind_DEVICE, Owner: bank.Id, Sponsor: bank.Id, Keys: []*pb.Key{w.pair().owner()}}
			row.change(bank, dev)
			w.want(row.want, Genesis(w.o, []*pb.Party{dev, bank}))
			if row.want != pb.Code_OK {
				return
			}
			if p, err := ByHandle(w.o, "northbank"); err != nil || !p.Licensed {
				t.Fatalf("%v %v", p, err)
			}
			bank.Id = id(3)
			w.want(pb.Code_HANDLE_TAKEN, Genesis(w.o, []*pb.Party{bank}))
		})
	}
	w := newWorld(t)
	w.want(pb.Code_INVALID, Genesis(w.o, []*pb.Party{nil}))
}
