package node

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// spoiled is a transaction with its signatures made bad.
func spoiled(t *testing.T, raw []byte) []byte {
	t.Helper()
	var s pb.SignedTx
	if err := proto.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	for _, x := range s.Signatures {
		x.Signature[0] ^= 1
	}
	out, err := proto.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPartyLimit: a party that sends too much is refused before its signatures
// are verified, and nobody else can use up what it may send.
func TestPartyLimit(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Limits.PartyTxs = 1 })
	w.mint(1000)
	for range 20 { // a stranger, in the party's name
		w.want(pb.Code_BAD_SIGNATURE, spoiled(t, w.pay(0, 1)))
	}
	before := counterValue(t, w.Node, "troth_signatures_verified_total")
	accepted, refused := 0, 0
	for range 20 {
		switch r := w.send(w.pay(0, 1))[0]; pb.Code(r.Result.Code) {
		case pb.Code_OK:
			accepted++
		case pb.Code_RATE_LIMITED:
			refused++
			if !strings.Contains(r.Result.Message, "try again in") || r.Height != 0 {
				t.Fatalf("%v", r)
			}
		default:
			t.Fatalf("%v", r)
		}
	}
	if accepted < 4 || refused == 0 {
		t.Fatalf("%d accepted, %d refused", accepted, refused)
	}
	if n := counterValue(t, w.Node, "troth_signatures_verified_total") - before; n != float64(accepted) {
		t.Errorf("%v signatures verified for %d accepted", n, accepted)
	}
	if n := counterValue(t, w.Node, "troth_rate_limited_total"); n != float64(refused) {
		t.Errorf("%v counted, %d refused", n, refused)
	}
	w.must(w.pay(1, 1)) // another party
}

// TestStrangers: keys that nobody knows are verified so often and no more, which
// doesn't keep known ones out.
func TestStrangers(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Limits.Strangers = 2 })
	w.mint(1000)
	forged := func() []byte {
		return w.people[1].body(t, client.Body{Party: w.people[0].id, Ops: []op.Message{w.transfer(0, 1)}})
	}
	seen := map[pb.Code]int{}
	for range 30 {
		seen[pb.Code(w.send(forged())[0].Result.Code)]++
	}
	// Before the first block nobody is known yet, which may have cost some.
	if seen[pb.Code_UNKNOWN_KEY] < op.SignaturesMax/2 || seen[pb.Code_RATE_LIMITED] == 0 || len(seen) != 2 {
		t.Fatalf("%v", seen)
	}
	w.must(w.pay(0, 1))
}

// TestKeysExpected: a node that is started again knows its parties' keys as points of
// the curve before anybody signs.
func TestKeysExpected(t *testing.T) {
	w := newWorld(t, 3)
	w.mint(10)
	for _, p := range w.people {
		if w.app.door.keys.Known(p.key.Public()) {
			t.Errorf("the key of %s is known before the chain's first block and without a signature", p.id)
		}
	}
	w.again()
	w.app.door.decoding.Wait()
	for _, p := range append(w.people, w.bank) {
		if !w.app.door.keys.Known(p.key.Public()) {
			t.Errorf("the key of %s is not known", p.id)
		}
	}
}

// TestKeysFollow: the door's memory of keys follows the blocks.
func TestKeysFollow(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(10)
	ring, me := w.app.door.guard.ring, w.people[0]
	fresh, _ := newActor(t, "fresh")
	key := &pb.Key{Scheme: pb.Scheme(fresh.key.Scheme()), PublicKey: fresh.key.Public(), Role: pb.KeyRole_AGENT}
	knows := func(id string, keys ...*pb.Key) bool {
		x := &op.Tx{Body: &pb.TxBody{Party: id}}
		for _, k := range keys {
			x.Signatures = append(x.Signatures, &pb.Signature{Scheme: k.Scheme, PublicKey: k.PublicKey})
		}
		said := ring.knows(w.store, x)
		if again := ring.knows(w.store, x); again != said {
			t.Fatalf("first %v, then %v", said, again)
		}
		return said
	}
	own := &pb.Key{Scheme: pb.Scheme(me.key.Scheme()), PublicKey: me.key.Public()}
	if !knows(me.id, own) || knows(me.id, own, key) || knows(w.people[1].id, own) || knows("p_aaaaaaaaaaaaaaaaaaaaaaaaaa", own) {
		t.Fatal("at first")
	}
	w.must(me.tx(t, &pb.AddKeyRequest{Key: key}))
	if !knows(me.id, own, key) || knows(w.people[1].id, key) {
		t.Fatal("after AddKey")
	}
	w.must(me.tx(t, &pb.RemoveKeyRequest{PublicKey: key.PublicKey}))
	if !knows(me.id, own) || knows(me.id, own, key) {
		t.Fatal("after RemoveKey")
	}
}

// TestRing: of more keys than there is room for, a ring finds those that came last.
func TestRing(t *testing.T) {
	w := newWorld(t, 1)
	w.mint(10)
	w.again()
	me, r := w.people[0], w.app.door.guard.ring
	if !r.has(r.tag(me.id, pb.Scheme(me.key.Scheme()), me.key.Public())) {
		t.Fatal("a party's key is not found after a start")
	}
	r = newRing(nil)
	if r.take(7, r.epoch.Load()-1) || r.has(7) {
		t.Fatal("what was read before a party changed is remembered")
	}
	r.sets = r.sets[:4]
	for i := range 1000 {
		tag := r.tag("somebody", pb.Scheme_ED25519, fmt.Append(nil, i))
		r.put(tag, true)
		if !r.has(tag) {
			t.Fatalf("key %d is not found", i)
		}
		if i%2 == 0 {
			if r.drop(tag); r.has(tag) {
				t.Fatalf("key %d is still found", i)
			}
		}
	}
	kept := r.tag("somebody", pb.Scheme_ED25519, fmt.Append(nil, 999))
	for i := range 1000 {
		r.put(r.tag("somebody else", pb.Scheme_ED25519, fmt.Append(nil, i)), false)
	}
	if !r.has(kept) {
		t.Fatal("a key that is used made room for those that may be")
	}
}

// TestOtherChain: what is for another chain isn't verified at all.
func TestOtherChain(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(10)
	before := counterValue(t, w.Node, "troth_signatures_verified_total")
	w.want(pb.Code_WRONG_CHAIN, w.people[0].body(t, client.Body{ChainID: "elsewhere", Ops: []op.Message{w.transfer(0, 1)}}))
	if n := counterValue(t, w.Node, "troth_signatures_verified_total"); n != before {
		t.Errorf("%v signatures verified", n-before)
	}
}

// counterValue adds up all series of a counter.
func counterValue(t *testing.T, n *Node, name string) (sum float64) {
	t.Helper()
	families, err := n.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.Metric {
			sum += m.GetCounter().GetValue()
		}
		return sum
	}
	t.Fatalf("there is no %s", name)
	return 0
}
