package proof

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/merkle"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Tx is what a proof of a transaction proves.
type Tx struct {
	Seal
	// ID is the transaction's id, in hexadecimal.
	ID string
	// Body is what was signed.
	Body *pb.TxBody
	// Index is its position in the block, from 0.
	Index int
	// BlockTime is the time of its block, of height Seal.Height.
	BlockTime time.Time
	// Result is how it ended, without the message, which isn't signed.
	Result *pb.TxResult
}

// Meaning says in words what is proven, and what isn't.
func (x *Tx) Meaning() string {
	how := "applied"
	if c := pb.Code(x.Result.Code); c != pb.Code_OK {
		how = "refused with " + c.String()
	}
	return fmt.Sprintf("transaction %s is in the block and was %s %s. Proven: that it was signed into the block, what became of it, by whom and when. Not proven: that what it says is true.", x.ID, how, &x.Seal)
}

// VerifyTx checks the proof of a transaction, named by its id in hexadecimal,
// against what is trusted beforehand: that it is in a block, and what became of
// it there. It doesn't say that nothing happened since.
func VerifyTx(p *pb.TxProof, id string, t *Trust) (*Tx, error) {
	if p == nil || p.SizeVT() > bundleMax {
		return nil, fmt.Errorf("%w: there is none, or it has more than %d bytes", ErrMalformed, bundleMax)
	}
	next, vals, err := openHeader(p.SignedHeader, p.Validators)
	if err != nil {
		return nil, err
	}
	if err := checkHeader(next, vals, t); err != nil {
		return nil, err
	}
	var ph cmtproto.Header
	if err := exactly(&ph, p.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	h, err := types.HeaderFromProto(&ph)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if h.Height != next.Height-1 || !bytes.Equal(h.Hash(), next.LastBlockID.Hash) {
		return nil, fmt.Errorf("%w: the signed header doesn't follow the block's", ErrValue)
	}
	x := &Tx{Seal: sealOf(next, vals), Body: &pb.TxBody{}, Result: &pb.TxResult{}, BlockTime: h.Time}
	if err := x.leaves(p, h.DataHash, next.LastResultsHash); err != nil {
		return nil, err
	}
	if err := x.read(p); err != nil {
		return nil, err
	}
	if x.ID != id {
		return nil, fmt.Errorf("%w: asked about transaction %.64s, it is of %s", ErrOtherRecord, id, x.ID)
	}
	return x, nil
}

// leaves checks that the transaction and the result stand at the same place
// under the two roots.
func (x *Tx) leaves(p *pb.TxProof, data, results []byte) error {
	index, total := int64(-1), int64(-1)
	for _, part := range []struct {
		what              string
		proof, root, leaf []byte
	}{{"transaction", p.TxProof, data, types.Tx(p.Tx).Hash()}, {"result", p.ResultProof, results, p.Result}} {
		var pp cmtcrypto.Proof
		if err := exactly(&pp, part.proof); err != nil {
			return fmt.Errorf("%w: proof of the %s: %w", ErrMalformed, part.what, err)
		}
		m, err := merkle.ProofFromProto(&pp)
		if err != nil {
			return fmt.Errorf("%w: proof of the %s: %w", ErrMalformed, part.what, err)
		}
		if err := m.Verify(part.root, part.leaf); err != nil {
			return fmt.Errorf("%w: the %s doesn't lead to the header: %w", ErrValue, part.what, err)
		}
		if index >= 0 && (m.Index != index || m.Total != total) {
			return fmt.Errorf("%w: the result is of another transaction", ErrValue)
		}
		index, total = m.Index, m.Total
	}
	x.Index = int(index)
	return nil
}

// read decodes the transaction and its result, which are proven by now.
func (x *Tx) read(p *pb.TxProof) error {
	id, ok := op.PeekID(p.Tx)
	var signed pb.SignedTx
	if !ok || signed.UnmarshalVT(p.Tx) != nil || x.Body.UnmarshalVT(signed.Body) != nil {
		return fmt.Errorf("%w: the transaction can't be read", ErrMalformed)
	}
	x.ID = hex.EncodeToString(id[:])
	var res abci.ExecTxResult
	if exactly(&res, p.Result) != nil || x.Result.UnmarshalVT(res.Data) != nil || x.Result.Code != res.Code {
		return fmt.Errorf("%w: the result can't be read", ErrMalformed)
	}
	return nil
}
