package sig

import (
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/oasisprotocol/curve25519-voi/curve"

	"github.com/troth-ledger/troth/ledger/state/offheap"
)

// KeyCache remembers Ed25519 public keys as points of the curve, which a key is
// decoded to before it verifies anything: a fifth of the work of a signature in a
// batch (BenchmarkBatch). It changes no verdict: the point depends on nothing but
// the key.
//
// It may be shared between goroutines. P-256 keys aren't kept, because decoding
// one is a tenth of checking its signature.
//
// Keys lie one behind the other beside the heap, since there are millions, and a
// table of places, open addressing with linear probing, leads to them. Where there
// are as many as it may keep, a hand goes around: of those that it comes by, the
// first that was not asked for since it came by last makes room.
type KeyCache struct {
	limit int
	seed  maphash.Seed

	// mu guards what follows. It is held for a lookup, never while a key is decoded.
	mu     sync.RWMutex
	places []uint64                  // 32 bits of the key's hash, its number + 1; 0 where empty
	memory *offheap.Piece[uint64]    // of the places
	pieces []*offheap.Piece[keptKey] // of the keys
	keys   int                       // in use: they have the numbers below
	hand   int
}

// keptKey is a key in the cache.
type keptKey struct {
	key   [32]byte
	point curve.EdwardsPoint
	good  bool        // the point is the key's; else it is expected, and not decoded yet
	asked atomic.Bool // since the hand came by
}

const (
	keyPieceLen = 1 << 12
	// firstPlaces is how many places there are at first.
	firstPlaces = 1 << 6
	// handMost is how many keys the hand comes by at most to make room for one.
	handMost = 64
)

// NewKeyCache returns a cache of up to limit keys, at least one, at about 230 bytes a key.
func NewKeyCache(limit int) *KeyCache {
	return &KeyCache{limit: max(limit, 1), seed: maphash.MakeSeed()}
}

// point decodes a key of 32 bytes into p, or remembers it: then it is known. It is not
// ok where the key is none. A nil cache knows nothing.
func (c *KeyCache) point(key []byte, p *curve.EdwardsPoint) (known, ok bool) {
	if c.lookup(key, p) {
		return true, true
	}
	return false, decodeKey(key, p)
}

func decodeKey(key []byte, p *curve.EdwardsPoint) (ok bool) {
	compressed := curve.CompressedEdwardsY(key)
	_, err := p.SetCompressedY(&compressed)
	return err == nil
}

// keep remembers a key that a signature was found to be good by: of others, anybody
// could send any number.
func (c *KeyCache) keep(key []byte, p *curve.EdwardsPoint) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.find(key)
	if k == nil {
		k = c.enter(key)
	}
	k.point, k.good = *p, true
}

// Expect remembers a key that signatures are expected by, for Decode. It is false where
// the cache would have to forget another for it.
func (c *KeyCache) Expect(key []byte) (room bool) {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if room = c.keys < c.limit; room && len(key) == 32 && c.find(key) == nil {
		c.enter(key)
	}
	return room
}

// decodeRun is how many keys Decode decodes before it asks whether to go on: some
// 300 µs of work.
const decodeRun = 64

// Decode decodes the keys that are expected, so that the first signature by one finds
// it. Now and then it asks on whether it should go on, which may take its time.
func (c *KeyCache) Decode(on func() bool) {
	if c == nil {
		return
	}
	run := 0
	for at := 0; ; at++ {
		key, there, expected := c.expected(at)
		if !there {
			return
		}
		if !expected {
			continue
		}
		if run++; run%decodeRun == 0 && !on() {
			return
		}
		var p curve.EdwardsPoint
		if decodeKey(key[:], &p) {
			c.mu.Lock()
			if k := c.at(at); k.key == key {
				k.point, k.good = p, true
			}
			c.mu.Unlock()
		}
	}
}

// expected is the key of a number, if there is one, and whether it is yet to be decoded.
func (c *KeyCache) expected(at int) (key [32]byte, there, expected bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if at >= c.keys {
		return key, false, false
	}
	k := c.at(at)
	return k.key, true, !k.good
}

// Known says whether a key is remembered as a point.
func (c *KeyCache) Known(key []byte) bool {
	return c.lookup(key, new(curve.EdwardsPoint))
}

// lookup finds the point of a key.
func (c *KeyCache) lookup(key []byte, p *curve.EdwardsPoint) bool {
	if c == nil || len(key) != 32 {
		return false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	k := c.find(key)
	if k == nil || !k.good {
		return false
	}
	if !k.asked.Load() { // or else it would be written to by all cores
		k.asked.Store(true)
	}
	*p = k.point
	return true
}

// at is the key of a number. c.mu is held, here and below.
func (c *KeyCache) at(i int) *keptKey { return &c.pieces[i/keyPieceLen].Items[i%keyPieceLen] }

// hash is what a place says of a key. Its seed is nobody's to know: else keys could be
// chosen that look for one place.
func (c *KeyCache) hash(key []byte) uint64 { return maphash.Bytes(c.seed, key) >> 32 }

// find finds a key of 32 bytes; nil where it isn't kept.
func (c *KeyCache) find(key []byte) *keptKey {
	if len(c.places) == 0 {
		return nil
	}
	h, mask := c.hash(key), uint64(len(c.places)-1)
	for i := h & mask; c.places[i] != 0; i = (i + 1) & mask {
		if c.places[i]>>32 == h {
			if k := c.at(numberAt(c.places[i])); string(k.key[:]) == string(key) {
				return k
			}
		}
	}
	return nil
}

func numberAt(place uint64) int { return int(uint32(place)) - 1 }

// enter makes room for a key of 32 bytes that isn't kept, and its place.
func (c *KeyCache) enter(key []byte) *keptKey {
	number := c.keys
	if c.keys < c.limit {
		c.keys++
		c.grow()
	} else {
		number = c.makeRoom()
	}
	k := c.at(number)
	k.key, k.good = [32]byte(key), false
	k.asked.Store(false)
	c.place(c.hash(key)<<32 | uint64(number+1))
	return k
}

// grow has memory for the keys in use, and twice the places where four fifths of them
// would be taken.
func (c *KeyCache) grow() {
	if c.keys > len(c.pieces)*keyPieceLen {
		c.pieces = append(c.pieces, offheap.Make[keptKey](min(keyPieceLen, c.limit)))
	}
	if c.keys*5 > len(c.places)*4 {
		had, memory := c.places, c.memory
		c.memory = offheap.Make[uint64](max(firstPlaces, 2*len(had)))
		c.places = c.memory.Items
		for _, p := range had {
			if p != 0 {
				c.place(p)
			}
		}
		runtime.KeepAlive(memory)
	}
}

// place enters a place.
func (c *KeyCache) place(p uint64) {
	mask := uint64(len(c.places) - 1)
	i := p >> 32 & mask
	for c.places[i] != 0 {
		i = (i + 1) & mask
	}
	c.places[i] = p
}

// makeRoom forgets a key, and returns its number.
func (c *KeyCache) makeRoom() (number int) {
	for range handMost {
		number = c.hand
		c.hand = (c.hand + 1) % c.limit
		if !c.at(number).asked.Swap(false) {
			break
		}
	}
	mask := uint64(len(c.places) - 1)
	h := c.hash(c.at(number).key[:])
	gap := h & mask
	for c.places[gap] != h<<32|uint64(number+1) {
		gap = (gap + 1) & mask
	}
	// What stands behind the place because of it moves up.
	for j := (gap + 1) & mask; c.places[j] != 0; j = (j + 1) & mask {
		if home := c.places[j] >> 32 & mask; (j-home)&mask >= (j-gap)&mask {
			c.places[gap] = c.places[j]
			gap = j
		}
	}
	c.places[gap] = 0
	return number
}
