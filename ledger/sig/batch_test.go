package sig

import (
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// smallOrder lists every encoding ZIP-215 accepts of a point of order 1, 2, 4
// or 8, canonical or not.
var smallOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

// TestZIP215 is the case in which verifiers differ most: with A and R of small
// order and S = 0 the equation with the cofactor holds for any message, and
// the one without mostly fails. Single and batch have to say yes to all of
// them, and registration no to every such key.
func TestZIP215(t *testing.T) {
	batch := Batch{Keys: NewKeyCache(100)}
	for _, a := range smallOrder {
		key, err := hex.DecodeString(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := (PublicKey{Ed25519, key}).Validate(); !errors.Is(err, ErrKey) {
			t.Errorf("registering %s: %v, want %v", a, err, ErrKey)
		}
		for _, r := range smallOrder {
			signature, err := hex.DecodeString(r + fmt.Sprintf("%064x", 0))
			if err != nil {
				t.Fatal(err)
			}
			if err := Verify(Ed25519, key, []byte("any"), signature, nil); err != nil {
				t.Errorf("A %s, R %s: %v", a, r, err)
			}
			batch.Add(Ed25519, key, []byte("any"), signature, nil)
		}
	}
	for range 2 { // the second time with every key known
		for i, err := range batch.Verify() {
			if err != nil {
				t.Errorf("batch: pair %d: %v", i, err)
			}
		}
	}
}

// TestBatchIsSingle: whatever is in a batch, and however it is spoilt, each
// verdict is that of the single check, word for word.
func TestBatchIsSingle(t *testing.T) {
	var pool []item
	for i := range 40 {
		scheme := Ed25519
		if i >= 32 {
			scheme = P256 + Scheme(i%2)
		}
		pool = append(pool, signedItem(t, scheme, fmt.Append(nil, "message ", i)))
	}
	keys := NewKeyCache(20) // fewer than there are keys, so that some are forgotten
	var batch Batch         // used again, as a door does, also after one that didn't hold
	rapid.Check(t, func(t *rapid.T) {
		batch.Keys = nil
		if rapid.Bool().Draw(t, "cache") {
			batch.Keys = keys
		}
		defer batch.Reset()
		n := rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(partSize-1, partSize+2), rapid.Just(2*partSize+1), rapid.Just(BatchSize+partSize+1)).Draw(t, "n")
		items := make([]item, n)
		for i := range items {
			items[i] = rapid.SampledFrom(pool).Draw(t, "item")
		}
		for range rapid.IntRange(0, min(n, 3)).Draw(t, "spoilt") {
			i := rapid.IntRange(0, n-1).Draw(t, "which")
			items[i] = spoil(t, items[i])
		}
		for _, it := range items {
			batch.Add(it.scheme, it.key, it.message, it.signature, it.assertion)
		}
		verdicts := batch.Verify()
		if len(verdicts) != n || batch.Len() != n {
			t.Fatalf("%d verdicts, %d items, want %d", len(verdicts), batch.Len(), n)
		}
		for i, it := range items {
			if got, want := fmt.Sprint(verdicts[i]), fmt.Sprint(it.verify()); got != want {
				t.Fatalf("item %d: %s in the batch, %s alone", i, got, want)
			}
		}
	})
}

// spoil damages one part of an item, or makes it what another scheme expects.
func spoil(t *rapid.T, it item) item {
	damage := func(b []byte) []byte {
		out := append([]byte(nil), b...)
		switch kind := rapid.SampledFrom([]string{"flip", "cut", "grow", "random"}).Draw(t, "damage"); {
		case kind == "flip" && len(out) > 0:
			out[rapid.IntRange(0, len(out)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case kind == "cut" && len(out) > 0:
			out = out[:rapid.IntRange(0, len(out)-1).Draw(t, "to")]
		case kind == "grow":
			out = append(out, rapid.Byte().Draw(t, "byte"))
		case kind == "random":
			out = rapid.SliceOfN(rapid.Byte(), len(out), len(out)).Draw(t, "bytes")
		}
		return out
	}
	switch rapid.SampledFrom([]string{"key", "message", "signature", "scheme", "assertion"}).Draw(t, "part") {
	case "key":
		it.key = damage(it.key)
	case "message":
		it.message = damage(it.message)
	case "signature":
		it.signature = damage(it.signature)
	case "scheme":
		it.scheme = Scheme(rapid.IntRange(0, 4).Draw(t, "scheme"))
	case "assertion":
		if it.assertion == nil {
			it.assertion = &Assertion{}
		} else {
			it.assertion = &Assertion{damage(it.assertion.AuthenticatorData), damage(it.assertion.ClientDataJSON)}
		}
	}
	return it
}

// TestBatchCancelling: two signatures whose errors cancel out if both get the
// same coefficient. The equation has to weigh them differently.
func TestBatchCancelling(t *testing.T) {
	a := signedItem(t, Ed25519, []byte("one"))
	b := signedItem(t, Ed25519, []byte("two"))
	a.signature[32]++ // S + 1
	b.signature[32]-- // S - 1
	var batch Batch
	for _, it := range []item{a, b} {
		batch.Add(it.scheme, it.key, it.message, it.signature, nil)
	}
	for i, err := range batch.Verify() {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("signature %d: %v, want %v", i, err, ErrSignature)
		}
	}
}

// TestKeysKept: of a batch, the keys are kept whose signatures are good, and no
// others, whether or not its equation held.
func TestKeysKept(t *testing.T) {
	for _, bad := range []int{-1, 0, 70} {
		batch := Batch{Keys: NewKeyCache(1000)}
		var items []item
		for i := range 2*partSize + 3 {
			it := signedItem(t, Ed25519, fmt.Append(nil, i))
			if i == bad {
				it.signature[40] ^= 1
			}
			items = append(items, it)
			batch.Add(it.scheme, it.key, it.message, it.signature, nil)
		}
		batch.Verify()
		if batch.wary != (bad >= 0) {
			t.Errorf("bad %d: wary is %t", bad, batch.wary)
		}
		for i, it := range items {
			if known := batch.Keys.Known(it.key); known != (i != bad) {
				t.Errorf("bad %d: key %d known: %t", bad, i, known)
			}
		}
	}
}
