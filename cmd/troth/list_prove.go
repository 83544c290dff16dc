package main

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// verifyRows checks the proof of a page. From then on the proven rows are what
// the answer has, not those that the node put beside them.
func (l *listing) verifyRows(req, res op.Message) error {
	m := res.ProtoReflect()
	read, _ := m.Get(m.Descriptor().Fields().ByName("read")).Message().Interface().(*pb.Read)
	trust, err := l.bounded(&l.session, read.GetProof())
	if err != nil {
		return unproven(err)
	}
	proven, err := proof.VerifyList(read.GetProof(), req, trust)
	if err != nil {
		return unproven(err)
	}
	rows := m.Descriptor().Fields().Get(0)
	m.Clear(rows)
	for _, r := range proven.Records {
		m.Mutable(rows).List().Append(protoreflect.ValueOfMessage(r.ProtoReflect()))
	}
	l.shown += len(proven.Records)
	l.proven = proven.Meaning(l.shown)
	return nil
}

// verifyHistory checks the proof of each entry that a transaction made, and
// takes from it what it proves.
func (l *listing) verifyHistory(res *pb.ListHistoryResponse) error {
	for _, e := range res.Entries {
		if e.Tx == "" {
			continue
		}
		x, err := l.verifyTx(&l.session, e.Proof, e.Tx)
		if err != nil {
			return err
		}
		if pb.Code(x.Result.Code) != pb.Code_OK || x.Height != e.Height || x.Body.Party != e.Party {
			return unproven(fmt.Errorf("%w: transaction %s is not what the history says", proof.ErrOtherRecord, e.Tx))
		}
		l.shown++
	}
	l.proven = fmt.Sprintf("%d transactions are in the blocks named, by the parties named, and were applied. Not proven: that they changed this object, that none is left out, and entries without a transaction.", l.shown)
	return nil
}
