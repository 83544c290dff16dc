package node

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
	"github.com/troth-ledger/troth/ledger/state/offheap"
)

// ringSets is how many sets a ring has: as many as a 256th of the machine's memory
// holds, within bounds, and a power of two. With 24 GiB eight million keys have a place.
func ringSets() int {
	return 1 << (bits.Len64(min(max(memory()>>14, 1<<12), 1<<22)) - 1)
}

// ring remembers which keys are whose, each as a number made of both by a seed that
// nobody knows. What it says may be a moment old, or with a chance of one in a million million wrong:
// nothing depends on it but what a refusal costs.
type ring struct {
	seed maphash.Seed
	sets []keySet
	// memory is what the sets lie in, beside the heap where it can be: there, a node with
	// little state would be taken for a large one by them alone.
	memory *offheap.Piece[keySet]
	keys   *sig.KeyCache // is told which are expected
	epoch  atomic.Uint64 // of commits that changed a party
	// mu guards what is written, and that a party has not changed since its keys were
	// read. Reading takes no lock.
	mu sync.Mutex
}

// keySet is a line of memory.
type keySet [8]atomic.Uint64

// newRing makes a ring that knows nobody.
func newRing(keys *sig.KeyCache) *ring {
	r := &ring{seed: maphash.MakeSeed(), memory: offheap.Make[keySet](ringSets()), keys: keys}
	r.sets = r.memory.Items
	return r
}

// rows takes in the parties as their rows are read when the ledger is opened, as far as
// there are free places, and expects signatures by their keys. To read them again for
// this took ten seconds of a core at ten million objects, just when a node that is started
// again has the most to do.
func (r *ring) rows(table string) func(key, value []byte) {
	if table != party.Parties.Name() {
		return nil
	}
	return func(key, value []byte) {
		id := string(key)
		party.EachKey(value, func(scheme pb.Scheme, public []byte) {
			r.put(r.tag(id, scheme, public), false)
			if scheme == pb.Scheme_ED25519 {
				r.keys.Expect(public)
			}
		})
	}
}

// take remembers a key that is used, unless a party has changed since it was read.
func (r *ring) take(tag, epoch uint64) (taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if taken = r.epoch.Load() == epoch; taken {
		r.put(tag, true)
	}
	return taken
}

// knows says whether all keys that signed are the party's, as of the last commit.
func (r *ring) knows(s *state.Store, t *op.Tx) bool {
	for _, x := range t.Signatures {
		if !r.has(r.tag(t.Body.Party, x.Scheme, x.PublicKey)) && !r.learn(s, t.Body.Party, x) {
			return false
		}
	}
	return true
}

// learn looks whether a key is the party's, and remembers it if so.
func (r *ring) learn(s *state.Store, id string, x *pb.Signature) bool {
	epoch := r.epoch.Load()
	v := s.View()
	p, _ := party.Parties.Peek(v, state.Key(id))
	v.Release()
	if !slices.ContainsFunc(p.GetKeys(), func(k *pb.Key) bool {
		return k.Scheme == x.Scheme && bytes.Equal(k.PublicKey, x.PublicKey)
	}) {
		return false
	}
	r.take(r.tag(id, x.Scheme, x.PublicKey), epoch)
	return true
}

// committed forgets the keys of parties that a block changed.
func (r *ring) committed(changes []state.Change) {
	moved := false
	for _, c := range changes {
		before, _, ok := party.Parties.Of(c)
		if !ok {
			continue
		}
		if !moved {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.epoch.Add(1)
			moved = true
		}
		for _, k := range before.GetKeys() {
			r.drop(r.tag(string(c.Key()), k.Scheme, k.PublicKey))
		}
	}
}

func (r *ring) tag(id string, scheme pb.Scheme, key []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.WriteString(id)
	_ = h.WriteByte(byte(scheme))
	_, _ = h.Write(key)
	return max(h.Sum64(), 1) // 0 is an empty place
}

func (r *ring) set(tag uint64) *keySet { return &r.sets[tag%uint64(len(r.sets))] }

func (r *ring) has(tag uint64) bool {
	s := r.set(tag)
	for i := range s {
		if s[i].Load() == tag {
			return true
		}
	}
	return false
}

// put remembers a key. Where its set is full, one that is used takes the place of any
// other, and one that may be is let go.
func (r *ring) put(tag uint64, used bool) {
	s := r.set(tag)
	at := -1
	if used {
		at = int(tag >> 61)
	}
	for i := range s {
		switch s[i].Load() {
		case tag:
			return
		case 0:
			at = i
		}
	}
	if at >= 0 {
		s[at].Store(tag)
	}
}

func (r *ring) drop(tag uint64) {
	s := r.set(tag)
	for i := range s {
		if s[i].Load() == tag {
			s[i].Store(0)
		}
	}
}
