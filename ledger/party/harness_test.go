package party

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Transfer stands in for everything that spends, Settle for what anyone may do
// and SubmitFact for what an attester does.
var (
	_ = op.Register(func(*pb.TransferRequest) error { return nil },
		func(*op.Context, *pb.TransferRequest) (*pb.TransferResponse, error) {
			return &pb.TransferResponse{}, nil
		})
	_ = op.Register(func(*pb.SettleRequest) error { return nil },
		func(*op.Context, *pb.SettleRequest) (*pb.SettleResponse, error) { return &pb.SettleResponse{}, nil })
	_ = op.Register(func(*pb.SubmitFactRequest) error { return nil },
		func(*op.Context, *pb.SubmitFactRequest) (*pb.SubmitFactResponse, error) {
			return &pb.SubmitFactResponse{}, nil
		})
)

const (
	codeTransfer = 152
	codeSettle   = 310
	testChain    = "troth-test"
)

// fatal is what testing.TB and rapid.T have in common.
type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

// world is a ledger with parties alone.
type world struct {
	t      fatal
	o      *state.Overlay
	now    time.Time
	params *pb.Params
	serial uint64
	spent  []Spent // what the next transaction will be said to have spent
	store  *state.Store
}

func newWorld(t testing.TB) *world {
	s, err := state.Open("", state.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return worldOver(t, s)
}

func worldOver(t fatal, s *state.Store) *world {
	return &world{t: t, store: s, o: s.Begin(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), params: &pb.Params{
		QuotaPerMinute: 60, QuotaBurst: 1000, NewcomersPerMinute: 1000,
		NewcomerQuotaPerMinute: 60, NewcomerQuotaBurst: 1000, NewcomerTotalPerMinute: 1 << 20,
		WebauthnOrigins: []string{"https://wallet.example"}, WebauthnRpIds: []string{"wallet.example"},
	}}
}

// quota sets what everybody may send, newcomers too.
func (w *world) quota(perMinute, burst uint32) {
	w.params.QuotaPerMinute, w.params.QuotaBurst = perMinute, burst
	w.params.NewcomerQuotaPerMinute, w.params.NewcomerQuotaBurst = perMinute, burst
}

func (w *world) next() uint64 { w.serial++; return w.serial }

func (w *world) later(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) context() *op.Context {
	return &op.Context{State: w.o, ChainID: testChain, Height: 1, Now: w.now, Params: w.params}
}

// due does the ledger's own work.
func (w *world) due() int { return op.RunDue(w.context(), 1000, false) }

// pair is an Ed25519 key pair.
type pair struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func (w *world) pair() pair {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, w.next()))
	private := ed25519.NewKeyFromSeed(seed[:])
	return pair{private.Public().(ed25519.PublicKey), private}
}

func (p pair) sign(body []byte) *pb.Signature {
	return &pb.Signature{Scheme: pb.Scheme_ED25519, PublicKey: p.public, Signature: ed25519.Sign(p.private, body)}
}

func (p pair) key(role pb.KeyRole) *pb.Key {
	return &pb.Key{Scheme: pb.Scheme_ED25519, PublicKey: p.public, Role: role}
}

func (p pair) owner() *pb.Key { return p.key(pb.KeyRole_OWNER) }

// actor is a party with the pair of its first key.
type actor struct {
	pair
	id string
}

type signer interface {
	key(pb.KeyRole) *pb.Key
	sign(body []byte) *pb.Signature
}

// body makes a transaction's body.
func (w *world) body(party string, msgs ...op.Message) *pb.TxBody {
	w.t.Helper()
	b := &pb.TxBody{ChainId: testChain, Party: party, Key: binary.BigEndian.AppendUint64(nil, w.next()),
		Expires: timestamppb.New(w.now.Add(5 * time.Minute))}
	for _, m := range msgs {
		row, ok := op.FindRequest(m)
		if !ok {
			w.t.Fatalf("no row for %T", m)
		}
		b.Ops = append(b.Ops, &pb.Operation{Code: row.Code, Request: state.Encode(m)})
	}
	return b
}

// submit signs a body and does what the machine does with it.
func (w *world) submit(b *pb.TxBody, signers ...signer) error {
	w.t.Helper()
	t, err := sign(b, signers...)
	if err != nil {
		return err
	}
	c := w.context()
	c.Tx, c.Signer, c.Signatures, c.Body = t.ID, t.Body.Party, t.Signatures, t.Body
	mark := w.o.Mark()
	free, err := admit(c, t)
	if err != nil {
		w.o.Undo(mark)
		return err
	}
	mark = w.o.Mark()
	if _, _, err := t.Apply(c); err != nil {
		return err
	}
	spent := w.spent
	w.spent = nil
	if err := CheckSpend(c, t, spent); err != nil {
		if free {
			w.t.Fatalf("Authorise said that nothing bounds what it spends, and yet: %v", err)
		}
		w.o.Undo(mark)
		return err
	}
	return nil
}

func admit(c *op.Context, t *op.Tx) (free bool, err error) {
	for _, ask := range []func(*op.Context, *op.Tx) error{CheckTime, CheckUnused} {
		if err := ask(c, t); err != nil {
			return false, err
		}
	}
	Use(c, t)
	if free, err = Authorise(c, t); err != nil {
		return false, err
	}
	return free, Charge(c, t.Weight())
}

func sign(b *pb.TxBody, signers ...signer) (*op.Tx, error) {
	keys := make([]*pb.Key, len(signers))
	for i, k := range signers {
		keys[i] = k.key(pb.KeyRole_OWNER)
	}
	b.Signers = op.Signers(keys)
	bytes := state.Encode(b)
	s := &pb.SignedTx{Body: bytes}
	for _, k := range signers {
		s.Signatures = append(s.Signatures, k.sign(bytes))
	}
	t, err := op.Decode(state.Encode(s))
	if err != nil {
		return nil, err
	}
	return t, t.Verify()
}

// do submits operations of an actor, signed with its first key.
func (w *world) do(a actor, msgs ...op.Message) error {
	w.t.Helper()
	return w.submit(w.body(a.id, msgs...), a)
}

// must is do for what should go well.
func (w *world) must(a actor, msgs ...op.Message) {
	w.t.Helper()
	if err := w.do(a, msgs...); err != nil {
		w.t.Fatalf("%T of %s: %v", msgs[0], a.id, err)
	}
}

// want checks an error's code.
func (w *world) want(code pb.Code, err error) {
	w.t.Helper()
	if got := op.CodeOf(err); got != code {
		w.t.Fatalf("got %s (%v), want %s", got, err, code)
	}
}

var testSalt = []byte("12345678")

// person is a party that came by itself, with more keys where given.
func (w *world) person(more ...*pb.Key) actor { return w.come(pb.PartyKind_PERSON, more...) }

func (w *world) come(kind pb.PartyKind, more ...*pb.Key) actor {
	w.t.Helper()
	k := w.pair()
	a := actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, "")}
	w.must(a, &pb.CreatePartyRequest{Kind: kind, Keys: append([]*pb.Key{k.owner()}, more...), Salt: testSalt})
	return a
}

// company is a party from genesis.
func (w *world) company(more ...*pb.Key) actor {
	w.t.Helper()
	k := w.pair()
	a := actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, "")}
	p := &pb.Party{Id: a.id, Kind: pb.PartyKind_COMPANY, Name: "Kestrel", Keys: append([]*pb.Key{k.owner()}, more...)}
	if err := Genesis(w.o, []*pb.Party{p}); err != nil {
		w.t.Fatalf("genesis: %v", err)
	}
	return a
}

// device is a device of an owner's.
func (w *world) device(owner actor) actor {
	w.t.Helper()
	k := w.pair()
	w.must(owner, &pb.CreatePartyRequest{Kind: pb.PartyKind_DEVICE, Keys: []*pb.Key{k.owner()}, Salt: testSalt})
	return actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, owner.id)}
}

func (w *world) get(id string) *pb.Party {
	w.t.Helper()
	p, err := Get(w.o, id)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return p
}

func in(w *world, d time.Duration) *timestamppb.Timestamp { return timestamppb.New(w.now.Add(d)) }
