package sig

import (
	"math/rand/v2"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
)

// TestKeyCache: a key by which a signature was good is decoded once, no other is
// kept, and the cache stays small.
func TestKeyCache(t *testing.T) {
	c := NewKeyCache(4)
	key := signedItem(t, Ed25519, nil).key
	var first, second curve.EdwardsPoint
	known, ok := c.point(key, &first)
	if again, _ := c.point(key, &first); !ok || known || again {
		t.Error("kept without a signature")
	}
	c.keep(key, &first)
	if known, ok := c.point(key, &second); !known || !ok || second.Equal(&first) != 1 {
		t.Error("not kept")
	}
	none := (*KeyCache)(nil)
	none.keep(key, &first)
	if known, ok := none.point(key, &second); known || !ok || second.Equal(&first) != 1 {
		t.Error("another point without a cache")
	}
	bad := append([]byte{2}, make([]byte, 31)...) // not a point
	if _, ok := c.point(bad, &second); ok {
		t.Error("decoded what is no key")
	}
	for i := range 100 {
		other := signedItem(t, Ed25519, nil).key
		_, _ = c.point(other, &second)
		c.keep(other, &second)
		if c.keys > 4 || c.taken() != c.keys {
			t.Fatalf("%d keys of 4, with %d places", c.keys, c.taken())
		}
		if known, _ := c.point(key, &second); i%3 == 0 && (!known || second.Equal(&first) != 1) {
			t.Fatal("a key in use was forgotten")
		}
	}
}

// taken is how many places are.
func (c *KeyCache) taken() (n int) {
	for _, p := range c.places {
		if p != 0 {
			n++
		}
	}
	return n
}

// TestKeyCacheLikeMap: whatever is kept, expected, asked for and forgotten, a key that
// the cache knows has its own point, the number of keys is what was put in and never
// more than the limit, and each can be found.
func TestKeyCacheLikeMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const distinct = 600
	keys, points := make([][]byte, distinct), make([]curve.EdwardsPoint, distinct)
	for i := range keys {
		keys[i] = signedItem(t, Ed25519, nil).key
		if !decodeKey(keys[i], &points[i]) {
			t.Fatal("no key")
		}
	}
	for _, limit := range []int{1, 7, 64, 500, distinct, 5000} {
		c := NewKeyCache(limit)
		kept, expected := map[int]bool{}, map[int]bool{}
		for step := range 6000 {
			i := random.IntN(distinct)
			switch random.IntN(4) {
			case 0:
				c.keep(keys[i], &points[i])
				kept[i] = true
			case 1:
				if had := len(kept) + len(expected); c.Expect(keys[i]) && !kept[i] {
					expected[i] = true
				} else if had < limit && !kept[i] {
					t.Fatalf("limit %d: no room for key %d", limit, had)
				}
			case 2:
				if random.IntN(100) == 0 {
					c.Decode(func() bool { return true })
				}
			}
			var p curve.EdwardsPoint
			if known, ok := c.point(keys[i], &p); !ok || p.Equal(&points[i]) != 1 || known && !kept[i] && !expected[i] {
				t.Fatalf("limit %d, step %d: key %d: known %t, ok %t", limit, step, i, known, ok)
			} else if !known && kept[i] && limit >= distinct {
				t.Fatalf("limit %d: forgot key %d without need", limit, i)
			}
		}
		for i := range expected {
			if kept[i] {
				delete(expected, i)
			}
		}
		if want := min(len(kept)+len(expected), limit); c.keys != want || c.taken() != want {
			t.Errorf("limit %d: %d keys, %d places, want %d", limit, c.keys, c.taken(), want)
		}
		found := 0
		for _, key := range keys {
			if c.find(key) != nil {
				found++
			}
		}
		if found != c.keys {
			t.Errorf("limit %d: %d of %d keys are found", limit, found, c.keys)
		}
	}
}

// TestKeysExpected: keys that are expected are decoded ahead, as long as no other has to
// be forgotten for it.
func TestKeysExpected(t *testing.T) {
	c := NewKeyCache(4)
	used := signedItem(t, Ed25519, nil).key
	var p, q curve.EdwardsPoint
	_, _ = c.point(used, &p)
	c.keep(used, &p)
	none := append([]byte{2}, make([]byte, 31)...) // not a point: it takes room all the same
	keys := [][]byte{{1, 2, 3}, nil, none}
	for range 2 {
		keys = append(keys, signedItem(t, Ed25519, nil).key)
	}
	for _, key := range keys {
		if !c.Expect(key) {
			t.Errorf("no room for %x", key)
		}
	}
	if c.Known(keys[3]) {
		t.Error("a key is decoded that was only expected")
	}
	c.Decode(func() bool { return true })
	if more := signedItem(t, Ed25519, nil).key; c.Expect(more) || c.Known(more) {
		t.Error("room for one too many")
	}
	for i, key := range append(keys, used) {
		if c.Known(key) != (i >= 3) {
			t.Errorf("key %d: known %t", i, c.Known(key))
		}
	}
	if known, _ := c.point(used, &q); !known || q.Equal(&p) != 1 {
		t.Error("a key that was used was forgotten for those expected")
	}
}

// TestDecodeStops: decoding ends where it is told to.
func TestDecodeStops(t *testing.T) {
	c := NewKeyCache(3 * decodeRun)
	for range 3 * decodeRun {
		c.Expect(signedItem(t, Ed25519, nil).key)
	}
	asked := 0
	c.Decode(func() bool { asked++; return asked < 2 })
	good := 0
	for i := range c.keys {
		if c.at(i).good {
			good++
		}
	}
	if asked != 2 || good >= 2*decodeRun || good < decodeRun {
		t.Errorf("asked %d times, %d keys are decoded", asked, good)
	}
}
