package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/state"
)

type (
	get  = connect.Request[pb.GetRequest]
	ctxt = context.Context
)

// GetParty implements the Ledger service.
func (s *Server) GetParty(ctx ctxt, r *get) (*connect.Response[pb.GetPartyResponse], error) {
	key := func(v *state.View) (state.Key, error) {
		id, err := partyID(v, r.Msg.Id)
		return state.Key(id), err
	}
	rec, read, err := one(ctx, s, party.Parties, key, r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetPartyResponse{Party: rec, Read: read}), err
}

// GetAsset implements the Ledger service.
func (s *Server) GetAsset(ctx ctxt, r *get) (*connect.Response[pb.GetAssetResponse], error) {
	rec, read, err := one(ctx, s, asset.Assets, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetAssetResponse{Asset: rec, Read: read}), err
}

// GetHolding implements the Ledger service.
func (s *Server) GetHolding(ctx ctxt, r *connect.Request[pb.GetHoldingRequest]) (*connect.Response[pb.GetHoldingResponse], error) {
	key := func(v *state.View) (state.Key, error) {
		id, err := partyID(v, r.Msg.Party)
		return asset.HoldingKey(id, r.Msg.Asset), err
	}
	rec, read, err := one(ctx, s, asset.Holdings, key, r.Msg.Asset+" of "+r.Msg.Party, r.Msg.Options)
	return connect.NewResponse(&pb.GetHoldingResponse{Holding: rec, Read: read}), err
}

// GetHold implements the Ledger service.
func (s *Server) GetHold(ctx ctxt, r *get) (*connect.Response[pb.GetHoldResponse], error) {
	rec, read, err := one(ctx, s, asset.Holds, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetHoldResponse{Hold: rec, Read: read}), err
}

// GetFact implements the Ledger service.
func (s *Server) GetFact(ctx ctxt, r *get) (*connect.Response[pb.GetFactResponse], error) {
	rec, read, err := one(ctx, s, fact.Facts, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetFactResponse{Fact: rec, Read: read}), err
}

// GetAttesterClass implements the Ledger service.
func (s *Server) GetAttesterClass(ctx ctxt, r *get) (*connect.Response[pb.GetAttesterClassResponse], error) {
	rec, read, err := one(ctx, s, fact.Classes, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetAttesterClassResponse{Class: rec, Read: read}), err
}

// GetTemplate implements the Ledger service.
func (s *Server) GetTemplate(ctx ctxt, r *get) (*connect.Response[pb.GetTemplateResponse], error) {
	key := func(v *state.View) (state.Key, error) { return newest(v, r.Msg.Id), nil }
	rec, read, err := one(ctx, s, promise.Templates, key, r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetTemplateResponse{Template: rec, Read: read}), err
}

// GetPromise implements the Ledger service.
func (s *Server) GetPromise(ctx ctxt, r *get) (*connect.Response[pb.GetPromiseResponse], error) {
	rec, read, err := one(ctx, s, promise.Promises, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetPromiseResponse{Promise: rec, Read: read}), err
}

// GetSettlement implements the Ledger service.
func (s *Server) GetSettlement(ctx ctxt, r *get) (*connect.Response[pb.GetSettlementResponse], error) {
	key, err := settlementKey(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	rec, read, err := one(ctx, s, promise.Settlements, func(*state.View) (state.Key, error) { return key, nil }, r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetSettlementResponse{Settlement: rec, Read: read}), err
}

// GetPool implements the Ledger service.
func (s *Server) GetPool(ctx ctxt, r *get) (*connect.Response[pb.GetPoolResponse], error) {
	rec, read, err := one(ctx, s, promise.Pools, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetPoolResponse{Pool: rec, Read: read}), err
}

// GetTx implements the Ledger service.
func (s *Server) GetTx(ctx ctxt, r *get) (*connect.Response[pb.GetTxResponse], error) {
	var id op.ID
	b, err := hex.DecodeString(r.Msg.Id)
	if err != nil || len(b) != len(id) {
		return nil, op.Errorf(pb.Code_INVALID, "%.70q is no transaction's id: it would be 64 hexadecimal digits", r.Msg.Id)
	}
	copy(id[:], b)
	rec := s.node.Record(id)
	if rec == nil {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "this node has no transaction %s%s", r.Msg.Id, s.keeps())
	}
	out := &pb.GetTxResponse{Tx: rec}
	if r.Msg.Options.GetProve() {
		out.Proof, err = s.node.TxProver().Prove(ctx, rec.Height, rec.Index)
	}
	return connect.NewResponse(out), err
}

// keeps says what of the past the node still knows, where that isn't all.
func (s *Server) keeps() string {
	if from := s.node.KeptFrom(); from > 1 {
		return fmt.Sprintf("; it keeps what became of those from height %d on, and others may keep more", from)
	}
	return ""
}

// GetStatus implements the Ledger service.
func (s *Server) GetStatus(ctxt, *connect.Request[pb.GetStatusRequest]) (*connect.Response[pb.GetStatusResponse], error) {
	v := s.node.View()
	defer v.Release()
	root := v.Root()
	voters := s.node.Voters()
	return connect.NewResponse(&pb.GetStatusResponse{
		ChainId: s.node.ChainID(), Height: v.Height(), Time: timestamppb.New(s.node.BlockTime()), AppHash: root[:],
		Version: s.version, Pool: uint32(s.node.Waiting()), Objects: int64(s.node.Objects()),
		CatchingUp: s.node.CatchingUp(), Peers: uint32(s.node.Peers()), Validators: uint32(voters.Count), VotingPower: voters.Power, OwnPower: voters.Own,
		TransactionsLastMinute: uint64(s.node.LastMinute()), Upgrade: council.Get(v).GetUpgrade(),
		KeptFrom: s.node.KeptFrom(), NodeId: s.node.ID(), Protocol: council.Protocol(v),
	}), nil
}

func plain(r *get) keyFunc {
	return func(*state.View) (state.Key, error) { return state.Key(r.Msg.Id), nil }
}

// keyFunc finds the key of the row that is asked for.
type keyFunc func(*state.View) (state.Key, error)

// partyID resolves @handle. Nobody with the handle is an error of its own:
// nothing found under it would be another answer.
func partyID(v *state.View, id string) (string, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	name, ok := strings.CutPrefix(id, "@")
	if !ok {
		return id, nil
	}
	p, err := party.ByHandle(v, name)
	if err != nil {
		return "", err
	}
	return p.Id, nil
}

// checkID bounds an id, and keeps bytes out that would have a meaning in a key.
func checkID(id string) error {
	if len(id) > idMax {
		return op.Errorf(pb.Code_TOO_LARGE, "an id has at most %d bytes, not %d", idMax, len(id))
	}
	if strings.IndexByte(id, 0) >= 0 {
		return op.Errorf(pb.Code_INVALID, "an id has no zero byte")
	}
	return nil
}

// message is what one reads: see state.Table.
type message[V any] interface {
	*V
	state.Record
	CloneVT() *V
}

// one reads a row, with its proof where asked for. An absent row is NOT_FOUND,
// or its absence is proven.
func one[V any, P message[V]](ctx ctxt, s *Server, t state.Table[V, P], key keyFunc, id string, o *pb.ReadOptions) (P, *pb.Read, error) {
	if err := checkID(id); err != nil {
		return nil, nil, err
	}
	rec, height, row, err := look(s, t, key, id, o.GetProve())
	if err != nil || row == nil {
		return rec, &pb.Read{Height: height}, err
	}
	bundle, err := s.node.Bundle(ctx, height)
	if err != nil {
		return nil, nil, err
	}
	bundle.Key, bundle.Value, bundle.Proof = row.Key, row.Value, row.Proof
	return rec, &pb.Read{Height: height, Proof: bundle}, nil
}

// look reads a row and its proof at the last height.
func look[V any, P message[V]](s *Server, t state.Table[V, P], key keyFunc, id string, prove bool) (P, int64, *pb.RowProof, error) {
	v := s.node.View()
	defer v.Release()
	k, err := key(v)
	if err != nil {
		return nil, 0, nil, err
	}
	rec, ok := t.Get(v, k)
	if !prove {
		if !ok {
			err = op.Errorf(pb.Code_NOT_FOUND, "there is no %s with the id %q", singular(t.Name()), id)
		}
		return rec, v.Height(), nil, err
	}
	row, err := rowProof(t.Prove(v, k))
	return rec, v.Height(), row, err
}

// rowProof is a proof as it travels.
func rowProof(p *state.Proof, err error) (*pb.RowProof, error) {
	if err != nil {
		return nil, err
	}
	b, err := p.Proof.Marshal()
	return &pb.RowProof{Key: p.Key, Value: p.Value, Proof: b}, err
}

// singular names a table's row.
func singular(table string) string {
	table = strings.ReplaceAll(table, "_", " ")
	if s, ok := strings.CutSuffix(table, "ies"); ok {
		return s + "y"
	}
	if s, ok := strings.CutSuffix(table, "sses"); ok {
		return s + "ss"
	}
	return strings.TrimSuffix(table, "s")
}
