package sig

import (
	"sync"

	"github.com/oasisprotocol/curve25519-voi/curve"
)

// KeyCache remembers Ed25519 public keys as points of the curve, which a key is
// decoded to before it verifies anything: a fifth of the work of a signature in a
// batch (BenchmarkBatch). It changes no verdict: the point depends on nothing but
// the key.
//
// It may be shared between goroutines. P-256 keys aren't kept, because decoding
// one is a tenth of checking its signature.
type KeyCache struct {
	limit int

	// mu guards the maps. It is held for a lookup, never while a key is decoded.
	mu sync.Mutex
	// When young is full it becomes old, and what was old and not asked for since
	// is forgotten.
	young, old map[[32]byte]*curve.EdwardsPoint
}

// NewKeyCache returns a cache of up to 2 × limit keys, at about 250 bytes a key.
func NewKeyCache(limit int) *KeyCache {
	return &KeyCache{limit: limit, young: map[[32]byte]*curve.EdwardsPoint{}}
}

// point decodes a key of 32 bytes, or remembers it: then it is known. It is nil where
// the key is none, and not to be changed. A nil cache knows nothing.
func (c *KeyCache) point(key []byte) (p *curve.EdwardsPoint, known bool) {
	id := [32]byte(key)
	if p := c.lookup(id); p != nil {
		return p, true
	}
	compressed := curve.CompressedEdwardsY(id)
	p = new(curve.EdwardsPoint)
	if _, err := p.SetCompressedY(&compressed); err != nil {
		return nil, false
	}
	return p, false
}

// keep remembers a key that a signature was found to be good by: of others, anybody
// could send any number.
func (c *KeyCache) keep(key []byte, p *curve.EdwardsPoint) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put([32]byte(key), p)
}

// Expect decodes and remembers a key that signatures are expected by, so that the first
// of them finds it. It is false where that would make the cache forget another key.
func (c *KeyCache) Expect(key []byte) (room bool) {
	c.mu.Lock()
	room = len(c.young) < c.limit
	c.mu.Unlock()
	if room && len(key) == 32 {
		if p, known := c.point(key); p != nil && !known {
			c.keep(key, p)
		}
	}
	return room
}

// Known says whether a key is remembered.
func (c *KeyCache) Known(key []byte) bool { return len(key) == 32 && c.lookup([32]byte(key)) != nil }

// lookup finds a key and, if it isn't young, makes it so.
func (c *KeyCache) lookup(id [32]byte) *curve.EdwardsPoint {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.young[id]; p != nil {
		return p
	}
	p := c.old[id]
	if p != nil {
		c.put(id, p)
	}
	return p
}

// put enters a key into young. c.mu is held.
func (c *KeyCache) put(id [32]byte, p *curve.EdwardsPoint) {
	if _, there := c.young[id]; !there && len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[[32]byte]*curve.EdwardsPoint)
	}
	c.young[id] = p
}
