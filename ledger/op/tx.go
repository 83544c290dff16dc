package op

import (
	"bytes"
	"crypto/sha256"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
)

// Limits of a transaction.
const (
	// TxMax is the longest transaction, in bytes.
	TxMax = 64 << 10
	// OpsMax is the most operations in one.
	OpsMax = 64
	// SignaturesMax is the most signatures of one.
	SignaturesMax = 8
	// KeyMin and KeyMax bound an idempotency key, in bytes.
	KeyMin, KeyMax = 8, 32
	// LifeMax is how far ahead a transaction may expire.
	LifeMax = 24 * time.Hour
)

// ID is a transaction's id: SHA-256 of its body. Signatures are not in it:
// there can be several for one body.
type ID = [32]byte

// Tx is a decoded transaction whose messages have been checked, each by
// itself. Whether its signatures verify is for Signatures and its reader.
type Tx struct {
	ID         ID
	Size       int
	Body       *pb.TxBody
	Signatures []*pb.Signature
	Expires    time.Time
	// Once is what the idempotency key is remembered by: half of SHA-256 of the
	// party's id, which has a fixed length, and the key.
	Once  state.UsedKey
	ops   []decoded
	bytes []byte // the body as signed
}

type decoded struct {
	row     *Row
	request Message
	weight  int
}

var (
	signedPlan = planOf((&pb.SignedTx{}).ProtoReflect().Descriptor())
	bodyPlan   = planOf((&pb.TxBody{}).ProtoReflect().Descriptor())
)

// Decode reads a transaction and checks all that needs no state. The error is
// a numbered one.
func Decode(raw []byte) (*Tx, error) {
	if len(raw) > TxMax {
		return nil, Errorf(pb.Code_TOO_LARGE, "the transaction has %d bytes; %d is the most", len(raw), TxMax)
	}
	var s pb.SignedTx
	if err := strictly(signedPlan, raw, &s); err != nil {
		return nil, err
	}
	t := &Tx{ID: sha256.Sum256(s.Body), Size: len(raw), Signatures: s.Signatures, bytes: s.Body, Body: &pb.TxBody{}}
	if err := strictly(bodyPlan, s.Body, t.Body); err != nil {
		return nil, err
	}
	if err := t.checkEnvelope(); err != nil {
		return nil, err
	}
	t.ops = make([]decoded, len(t.Body.Ops))
	for i, o := range t.Body.Ops {
		if err := t.ops[i].decode(o); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// PeekID returns the id that a transaction would have, without checking it: to
// look it up. The body is the first field that Decode accepts.
func PeekID(raw []byte) (ID, bool) {
	num, wire, n := protowire.ConsumeTag(raw)
	if n < 0 || num != 1 || wire != protowire.BytesType {
		return ID{}, false
	}
	body, n := protowire.ConsumeBytes(raw[n:])
	if n < 0 {
		return ID{}, false
	}
	return sha256.Sum256(body), true
}

func strictly(p *plan, b []byte, m Message) error {
	if err := p.verify(b, 0); err != nil {
		return err
	}
	if err := m.UnmarshalVT(b); err != nil {
		return Errorf(pb.Code_MALFORMED, "%s: %v", p.name, err)
	}
	return nil
}

func (t *Tx) checkEnvelope() error {
	b := t.Body
	switch {
	case len(b.Ops) == 0:
		return Errorf(pb.Code_INVALID, "the transaction has no operation")
	case len(b.Ops) > OpsMax:
		return Errorf(pb.Code_TOO_LARGE, "the transaction has %d operations; %d is the most", len(b.Ops), OpsMax)
	case len(t.Signatures) == 0:
		return Errorf(pb.Code_BAD_SIGNATURE, "the transaction is not signed")
	case len(t.Signatures) > SignaturesMax:
		return Errorf(pb.Code_TOO_LARGE, "the transaction has %d signatures; %d is the most", len(t.Signatures), SignaturesMax)
	case !bytes.Equal(b.Signers, Signers(t.Signatures)):
		return Errorf(pb.Code_BAD_SIGNATURE, "signers is %x; for the keys that signed, in this order, it would be %x: a signature is missing, too many, by another key or in another place", b.Signers, Signers(t.Signatures))
	case len(b.Key) < KeyMin || len(b.Key) > KeyMax:
		return Errorf(pb.Code_INVALID, "the idempotency key has %d bytes, not %d to %d", len(b.Key), KeyMin, KeyMax)
	case b.Expires == nil || b.Expires.CheckValid() != nil:
		return Errorf(pb.Code_INVALID, "expires is not a time")
	case !IsID("p", b.Party):
		return Errorf(pb.Code_INVALID, "%q is no party's id", b.Party)
	}
	t.Expires = b.Expires.AsTime()
	var buf [64]byte
	once := sha256.Sum256(append(append(buf[:0], b.Party...), b.Key...))
	t.Once = state.UsedKey(once[:16])
	return nil
}

func (d *decoded) decode(o *pb.Operation) error {
	row, ok := Find(o.Code)
	if !ok || row.Signer == pb.Op_LEDGER {
		return Errorf(pb.Code_UNKNOWN_OPERATION, "no operation has the code %d", o.Code)
	}
	d.row, d.request = row, row.fresh()
	if err := strictly(row.plan, o.Request, d.request); err != nil {
		return err
	}
	if err := row.check(d.request); err != nil {
		return err
	}
	d.weight = row.weigh(d.request, len(o.Request))
	return nil
}

// Ops returns the codes of the operations.
func (t *Tx) Ops() []uint32 {
	out := make([]uint32, len(t.ops))
	for i := range t.ops {
		out[i] = t.ops[i].row.Code
	}
	return out
}

// AddTo adds the transaction's signatures to a batch and returns how many.
func (t *Tx) AddTo(b *sig.Batch) int {
	for _, s := range t.Signatures {
		AddSignature(b, s, t.bytes)
	}
	return len(t.Signatures)
}

// AddSignature adds one signature of a message to a batch.
func AddSignature(b *sig.Batch, s *pb.Signature, message []byte) {
	b.Add(schemeOf(s.Scheme), s.PublicKey, message, s.Signature, Assertion(s))
}

// schemeOf is 0, which is no scheme, for a number that only its last byte makes
// one.
func schemeOf(s pb.Scheme) sig.Scheme {
	if s < 0 || s > math.MaxUint8 {
		return 0
	}
	return sig.Scheme(s)
}

// Assertion is the signature's WebAuthn part, nil where it has none.
func Assertion(s *pb.Signature) *sig.Assertion {
	if s.Webauthn == nil {
		return nil
	}
	return &sig.Assertion{AuthenticatorData: s.Webauthn.AuthenticatorData, ClientDataJSON: s.Webauthn.ClientDataJson}
}

// Verify checks the transaction's signatures by themselves. Many are cheaper
// together: see AddTo and Verdict.
func (t *Tx) Verify() error {
	var b sig.Batch
	t.AddTo(&b)
	return Verdict(b.Verify())
}

// Verdict turns the verdicts on a transaction's signatures into a numbered
// error, or nil where all are good.
func Verdict(errs []error) error {
	for i, err := range errs {
		if err != nil {
			return Errorf(signatureCode(err), "signature %d: %v", i+1, err)
		}
	}
	return nil
}
