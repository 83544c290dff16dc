package api

import (
	"encoding/hex"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
	"github.com/troth-ledger/troth/node"
)

// provenMax is the most entries of a page of history with proofs: each can need
// another block, read from disk and hashed.
const provenMax = 50

// ListHistory implements the Ledger service.
func (s *Server) ListHistory(ctx ctxt, r *connect.Request[pb.ListHistoryRequest]) (*connect.Response[pb.ListHistoryResponse], error) {
	if r.Msg.Id == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say the history of what, with id")
	}
	prove := r.Msg.Options.GetProve()
	var found []node.HistoryEntry
	// The history is the node's own and not in the state: there is nothing to
	// prove about the page as a whole.
	p, err := listed(ctx, s, r.Msg.Page, nil, func(v *state.View, p *page[pb.HistoryEntry, *pb.HistoryEntry]) error {
		id, err := partyID(v, r.Msg.Id)
		if err != nil {
			return err
		}
		if prove {
			p.size = min(p.size, provenMax)
		}
		found = s.node.History(v, id, []byte(p.place), p.size+1)
		return nil
	})
	prover := s.node.TxProver()
	for _, e := range found {
		h := historyEntry(&e)
		if prove && len(e.Ref.Tx) > 0 {
			if h.Proof, err = prover.Prove(ctx, e.Height, e.Index); err != nil {
				break
			}
		}
		more := false
		if more, err = p.add(string(e.Place), h, nil); !more || err != nil {
			break
		}
	}
	return connect.NewResponse(&pb.ListHistoryResponse{Entries: p.rows, Next: p.next, Read: p.read}), err
}

func historyEntry(e *node.HistoryEntry) *pb.HistoryEntry {
	h := &pb.HistoryEntry{Height: e.Height, Time: e.Ref.Time, Party: e.Ref.Party, Tx: hex.EncodeToString(e.Ref.Tx)}
	for _, code := range e.Ref.Ops {
		if row, ok := op.Find(code); ok {
			h.Ops = append(h.Ops, row.Name)
		}
	}
	return h
}
