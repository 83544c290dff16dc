package party

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// passkey signs as a browser does.
type passkey struct {
	private *ecdsa.PrivateKey
	origin  string
	rp      string
}

func newPasskey(t *testing.T) passkey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return passkey{k, "https://wallet.example", "wallet.example"}
}

func (p passkey) public() []byte {
	point, err := p.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	return append([]byte{2 | point[64]&1}, point[1:33]...)
}

func (p passkey) key(role pb.KeyRole) *pb.Key {
	return &pb.Key{Scheme: pb.Scheme_WEBAUTHN, PublicKey: p.public(), Role: role}
}

func (p passkey) sign(body []byte) *pb.Signature {
	digest := sha256.Sum256(body)
	client := fmt.Appendf(nil, `{"type":"webauthn.get","challenge":%q,"origin":%q,"crossOrigin":false}`,
		base64.RawURLEncoding.EncodeToString(digest[:]), p.origin)
	rp := sha256.Sum256([]byte(p.rp))
	data := append(rp[:], 0x05, 0, 0, 0, 0)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	der, err := ecdsa.SignASN1(rand.Reader, p.private, signed[:])
	if err != nil {
		panic(err)
	}
	return &pb.Signature{Scheme: pb.Scheme_WEBAUTHN, PublicKey: p.public(), Signature: der,
		Webauthn: &pb.WebAuthnAssertion{AuthenticatorData: data, ClientDataJson: client}}
}

func TestAuthoriseKeys(t *testing.T) {
	w := newWorld(t)
	agent, scoped, phone, stranger := w.pair(), w.pair(), w.pair(), w.pair()
	scopedKey := scoped.key(pb.KeyRole_AGENT)
	scopedKey.Ops = []uint32{codeSettle, 105}
	phoneKey := phone.key(pb.KeyRole_DEVICE_KEY)
	phoneKey.Expires = in(w, time.Hour)
	a := w.person(agent.key(pb.KeyRole_AGENT), scopedKey, phoneKey)

	thaw, transfer, settle := &pb.ThawRequest{}, &pb.TransferRequest{}, &pb.SettleRequest{}
	policies := &pb.SetPoliciesRequest{}
	for _, row := range []struct {
		name    string
		msgs    []op.Message
		signers []signer
		want    pb.Code
	}{
		{"owner", []op.Message{policies, transfer}, []signer{a}, pb.Code_OK},
		{"agent", []op.Message{transfer, settle}, []signer{agent}, pb.Code_OK},
		{"agent on the party", []op.Message{policies}, []signer{agent}, pb.Code_KEY_NOT_ALLOWED},
		{"scope does not lift the role", []op.Message{policies}, []signer{scoped}, pb.Code_KEY_NOT_ALLOWED},
		{"in scope", []op.Message{settle}, []signer{scoped}, pb.Code_OK},
		{"out of scope", []op.Message{transfer}, []signer{scoped}, pb.Code_KEY_NOT_ALLOWED},
		{"one out of scope", []op.Message{settle, transfer}, []signer{scoped}, pb.Code_KEY_NOT_ALLOWED},
		{"two keys together", []op.Message{settle, thaw}, []signer{scoped, a}, pb.Code_WRONG_STATE},
		{"device key", []op.Message{transfer}, []signer{phone}, pb.Code_OK},
		{"stranger", []op.Message{transfer}, []signer{stranger}, pb.Code_UNKNOWN_KEY},
		{"stranger beside", []op.Message{transfer}, []signer{a, stranger}, pb.Code_UNKNOWN_KEY},
		{"twice by one key", []op.Message{transfer}, []signer{a, a}, pb.Code_BAD_SIGNATURE},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.t = t
			w.want(row.want, w.submit(w.body(a.id, row.msgs...), row.signers...))
		})
	}
	w.t = t

	w.later(time.Hour)
	w.want(pb.Code_OK, w.submit(w.body(a.id, transfer), phone)) // its last moment
	w.later(1)
	w.want(pb.Code_KEY_EXPIRED, w.submit(w.body(a.id, transfer), phone))
	w.want(pb.Code_KEY_EXPIRED, w.submit(w.body(a.id, transfer), a, phone))
}

func TestAuthoriseUnknownParty(t *testing.T) {
	w := newWorld(t)
	k := w.pair()
	a := actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, "")}
	create := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{k.owner()}, Salt: testSalt}
	other := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{k.owner()}, Salt: []byte("another salt")}
	w.want(pb.Code_UNKNOWN_PARTY, w.do(a, &pb.TransferRequest{}))
	w.want(pb.Code_UNKNOWN_PARTY, w.do(a, &pb.SettleRequest{}, create))
	w.want(pb.Code_UNKNOWN_PARTY, w.do(a, other))
	w.want(pb.Code_UNKNOWN_PARTY, w.submit(w.body(a.id, create), w.pair()))
	w.want(pb.Code_UNKNOWN_KEY, w.submit(w.body(a.id, create), a, w.pair()))
	w.want(pb.Code_OK, w.do(a, create, &pb.SettleRequest{}))
	w.want(pb.Code_EXISTS, w.do(a, create))
}

func TestAuthoriseNewcomersAgent(t *testing.T) {
	w := newWorld(t)
	k, agent := w.pair(), w.pair()
	id := ID(pb.Scheme_ED25519, k.public, testSalt, "")
	create := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{k.owner(), agent.key(pb.KeyRole_AGENT)}, Salt: testSalt}
	// The id is made from the first key alone: it must have signed.
	w.want(pb.Code_UNKNOWN_PARTY, w.submit(w.body(id, create, &pb.TransferRequest{}), agent))
	w.want(pb.Code_OK, w.submit(w.body(id, create, &pb.TransferRequest{}), k, agent))
}

func TestAuthoriseAssertion(t *testing.T) {
	w := newWorld(t)
	pk := newPasskey(t)
	a := w.person(pk.key(pb.KeyRole_OWNER))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.TransferRequest{}), pk))
	away := pk
	away.origin = "https://evil.example"
	w.want(pb.Code_BAD_ASSERTION, w.submit(w.body(a.id, &pb.TransferRequest{}), away))
	away = pk
	away.rp = "evil.example"
	w.want(pb.Code_BAD_ASSERTION, w.submit(w.body(a.id, &pb.TransferRequest{}), away))
	w.params.WebauthnRpIds = nil
	w.want(pb.Code_BAD_ASSERTION, w.submit(w.body(a.id, &pb.TransferRequest{}), pk))
}

// A passkey's public key is no plain P-256 key: what signs in one scheme must
// not sign in another.
func TestAuthoriseScheme(t *testing.T) {
	w := newWorld(t)
	pk := newPasskey(t)
	plain := pk.key(pb.KeyRole_AGENT)
	plain.Scheme = pb.Scheme_P256
	a := w.person(plain)
	w.want(pb.Code_UNKNOWN_KEY, w.submit(w.body(a.id, &pb.TransferRequest{}), pk))
}

func TestAuthoriseFrozen(t *testing.T) {
	w := newWorld(t)
	agent, scoped := w.pair(), w.pair()
	scopedKey := scoped.key(pb.KeyRole_AGENT)
	scopedKey.Ops = []uint32{codeSettle}
	a := w.person(agent.key(pb.KeyRole_AGENT), scopedKey)
	w.want(pb.Code_WRONG_STATE, w.do(a, &pb.ThawRequest{}))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.FreezeRequest{}), scoped))
	w.want(pb.Code_WRONG_STATE, w.submit(w.body(a.id, &pb.FreezeRequest{}), agent))
	w.want(pb.Code_PARTY_FROZEN, w.do(a, &pb.TransferRequest{}))
	w.want(pb.Code_PARTY_FROZEN, w.submit(w.body(a.id, &pb.SettleRequest{}), agent))
	w.want(pb.Code_PARTY_FROZEN, w.submit(w.body(a.id, &pb.SponsorRequest{Party: a.id}), agent))
	w.want(pb.Code_KEY_NOT_ALLOWED, w.submit(w.body(a.id, &pb.ThawRequest{}), agent))
	w.must(a, &pb.AddKeyRequest{Key: w.pair().owner()})
	w.want(pb.Code_PARTY_FROZEN, w.do(a, &pb.ThawRequest{}, &pb.TransferRequest{}))
	w.must(a, &pb.ThawRequest{})
	w.must(a, &pb.TransferRequest{})
}

func TestCanState(t *testing.T) {
	w := newWorld(t)
	phone := w.pair()
	phoneKey := phone.key(pb.KeyRole_DEVICE_KEY)
	phoneKey.Expires, phoneKey.Ops = in(w, time.Hour), []uint32{200}
	a := w.person(phoneKey)
	p := proto.CloneOf(w.get(a.id))
	msg := []byte("the toaster failed")
	ask := func(s *pb.Signature, code uint32) error { return CanState(w.context(), p, s, code) }

	w.want(pb.Code_OK, ask(phone.sign(msg), 200))
	w.want(pb.Code_KEY_NOT_ALLOWED, ask(phone.sign(msg), codeTransfer))
	w.want(pb.Code_BAD_SIGNATURE, ask(nil, 200))
	w.want(pb.Code_UNKNOWN_KEY, ask(w.pair().sign(msg), 200))
	w.want(pb.Code_UNKNOWN_OPERATION, ask(a.sign(msg), 9999))
	away := newPasskey(t)
	away.origin = "https://evil.example"
	w.want(pb.Code_BAD_ASSERTION, ask(away.sign(msg), 200))
	w.later(time.Hour + 1)
	w.want(pb.Code_KEY_EXPIRED, ask(phone.sign(msg), 200))
	p.Policies = []*pb.KeyPolicy{{Threshold: 2}}
	w.want(pb.Code_MORE_SIGNATURES, ask(a.sign(msg), 200))
	p.Policies, p.Frozen = nil, true
	w.want(pb.Code_PARTY_FROZEN, ask(a.sign(msg), 200))
	p.Frozen, p.Retired = false, true
	w.want(pb.Code_WRONG_STATE, ask(a.sign(msg), 200))
}
