package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// pending is a transaction on its way.
type pending struct {
	raw []byte
	ops int
}

// act is an operation of somebody.
type act struct {
	who string
	msg op.Message
}

// tag stands in for a signature: whoever knows the key and the body can make
// it. What is played is the state machine; that signatures can't be forged is
// tested where they are checked.
func tag(id op.ID, public []byte) []byte {
	h := sha256.New()
	h.Write(id[:])
	h.Write(public)
	return h.Sum(nil)
}

// decode reads a transaction as a machine's door does.
func decode(raw []byte) ledger.Tx {
	t, err := op.Decode(raw)
	if err != nil {
		return ledger.Tx{Err: err}
	}
	for i, s := range t.Signatures {
		if !bytes.Equal(s.Signature, tag(t.ID, s.PublicKey)) {
			return ledger.Tx{Err: op.Errorf(pb.Code_BAD_SIGNATURE, "signature %d is none", i+1)}
		}
	}
	return ledger.Tx{Decoded: t}
}

// transactions makes the transactions of one thing that happens: one, or one of
// each whose agreement is needed.
func (w *world) transactions() []*pending {
	if len(w.past) > 0 && w.one(40) {
		return []*pending{{raw: among(w, w.past...), ops: 1}} // again
	}
	w.noise = among(w, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4)
	acts := w.acts()
	if w.one(8) { // several operations in one
		for _, more := range w.acts() {
			if i := slices.IndexFunc(acts, func(a act) bool { return a.who == more.who }); i >= 0 {
				acts = append(acts, more)
			}
		}
	}
	if w.noise > 0 || w.one(25) {
		a := &acts[w.r.IntN(len(acts))]
		if w.one(4) {
			a.who = w.pick("parties")
		} else {
			a.msg = proto.Clone(a.msg).(op.Message) // it may have parts of rows in it
			w.mutate(a.msg.ProtoReflect(), 0)
		}
	}
	var out []*pending
	for len(acts) > 0 {
		who, body := acts[0].who, &pb.TxBody{ChainId: chainID}
		var rest []act
		for _, a := range acts {
			if a.who != who || len(body.Ops) > 3 {
				rest = append(rest, a)
				continue
			}
			body.Ops = append(body.Ops, operation(a.msg))
		}
		out = append(out, &pending{w.seal(who, body, acts[0].msg), len(body.Ops)})
		acts = rest
	}
	return out
}

// begun is the height from which on not everything is in order.
const begun = 4

// flurry is a party that sends as fast as it can; or a guest of a sponsor does,
// more than its own quota allows, or those who have no sponsor, whose guests are
// "guests of "; or a crowd comes.
func (w *world) flurry() (out []*pending) {
	who, crowd := w.pick(among(w, "rich", "person", "device")), ""
	kind, n := w.r.IntN(5), 5+w.r.IntN(60)
	switch kind {
	case 0, 1:
		who, n = w.pick("guests of "+w.pick("sponsor")), n+50
	case 2:
		crowd = "guests of "
	case 3:
		n /= 3
	}
	for range n {
		var q op.Message = &pb.TransferRequest{To: w.pick("parties"), Amount: &pb.Amount{Asset: euro, Units: 1 + w.r.Int64N(100)}}
		switch kind {
		case 0, 1, 2:
			if crowd != "" {
				who = w.pick(crowd)
			}
			q = &pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: w.subject(), Kind: "seen", At: timestamppb.New(w.now)}}}
		case 3:
			a := w.comer()[0]
			who, q = a.who, a.msg
		}
		if who == "" {
			break
		}
		out = append(out, w.sealed(who, q))
	}
	return out
}

// operation is an operation as a transaction has it.
func operation(m op.Message) *pb.Operation {
	row, _ := op.FindRequest(m)
	return &pb.Operation{Code: row.Code, Request: state.Encode(m)}
}

// sealed is a transaction of one operation.
func (w *world) sealed(who string, m op.Message) *pending {
	return &pending{w.seal(who, &pb.TxBody{ChainId: chainID, Ops: []*pb.Operation{operation(m)}}, m), 1}
}

// seal makes the bytes of a transaction, now and then bad ones.
func (w *world) seal(who string, body *pb.TxBody, first op.Message) []byte {
	w.serial++
	body.Party, body.Key = who, binary.BigEndian.AppendUint64(nil, w.serial)
	life := time.Duration(1+w.r.IntN(600)) * time.Second
	signers := w.signers(who, first)
	spoil := w.r.IntN(600)
	if w.height < begun {
		spoil = -1
	}
	switch spoil {
	case 0:
		body.ChainId = "troth-other"
	case 1:
		life = -time.Second
	case 2:
		life = 25 * time.Hour
	case 3:
		body.Key = binary.BigEndian.AppendUint64(nil, uint64(w.r.IntN(8)))
	case 4:
		signers = append(signers, &pb.Signature{Scheme: pb.Scheme_ED25519, PublicKey: w.newKey().PublicKey})
	case 5:
		life = 24 * time.Hour
	}
	page := wallet
	if spoil >= 0 && w.one(50) {
		page = "https://another.example"
	}
	body.Expires = timestamppb.New(w.now.Add(life))
	body.Signers = op.Signers(signers)
	tx := &pb.SignedTx{Body: state.Encode(body), Signatures: signers}
	id := sha256.Sum256(tx.Body)
	for _, s := range signers {
		if s.Signature = tag(id, s.PublicKey); s.Scheme == pb.Scheme_WEBAUTHN {
			s.Webauthn = assertion(tx.Body, page)
		}
	}
	switch spoil {
	case 10:
		tx.Signatures = nil
	case 11:
		signers[0].Signature[0] ^= 1
	case 12:
		tx.Body = append(tx.Body, 0xf8, 0x7f, 1) // a field that nobody knows
	}
	raw := state.Encode(tx)
	switch spoil {
	case 13:
		raw[w.r.IntN(len(raw))] ^= 1 << w.r.IntN(8)
	case 14:
		raw = raw[:w.r.IntN(len(raw))]
	}
	return raw
}

// signers are the keys of a party that sign: as many as its policies may want,
// or any one of them, be it one that may do little.
func (w *world) signers(who string, first op.Message) (out []*pb.Signature) {
	p := w.parties[who]
	keys, need := p.GetKeys(), 1
	if c, ok := first.(*pb.CreatePartyRequest); p == nil && ok {
		keys = c.Keys
	}
	if w.height >= begun && len(keys) > 1 && w.one(6) {
		k := among(w, keys...)
		return []*pb.Signature{{Scheme: k.Scheme, PublicKey: k.PublicKey}}
	}
	for _, pol := range p.GetPolicies() {
		need = max(need, int(pol.Threshold))
	}
	if w.one(20) {
		need = 1 + w.r.IntN(3)
	}
	for _, role := range []pb.KeyRole{pb.KeyRole_OWNER, pb.KeyRole_AGENT} {
		for _, k := range keys {
			if k.Role == role && len(out) < need && (k.Expires == nil || w.one(4)) {
				out = append(out, &pb.Signature{Scheme: k.Scheme, PublicKey: k.PublicKey})
			}
		}
	}
	if len(out) == 0 || w.height >= begun && w.one(300) {
		out = []*pb.Signature{{Scheme: pb.Scheme_ED25519, PublicKey: w.newKey().PublicKey}}
	}
	return out
}
