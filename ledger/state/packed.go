package state

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"github.com/troth-ledger/troth/ledger/state/offheap"
)

// packed keeps rows as they are on disk, in memory that the collector doesn't look
// at: what a large state's transactions need and the cache has no room for, decoded.
// Reading one costs about a microsecond, where Pebble takes ten. It knows of a whole
// table that a row isn't there, as long as it forgot none. It belongs to the executing
// goroutine, as the cache does; several may read while that one waits.
//
// Records lie in a ring, one behind the other, and the oldest make room. A table of
// places, open addressing with linear probing, leads to them.
type packed struct {
	seed   maphash.Seed
	places []byte // 8 each: 32 bits of the key's hash, the record's unit + 1; 0 where empty
	used   int    // places
	ring   []byte
	next   int       // where the next record goes
	oldest int       // the record that makes room next
	limit  int       // where the records of the lap before end; -1 in the first lap
	whole  [128]bool // every row of the table that there is, is here
	memory [2]*offheap.Piece[byte]
}

// A record is a header, the key and the value, in whole units: the header has the
// record's units, the lengths of key and value, and the table.
const (
	packedUnit   = 16
	packedHeader = 8
	// packedMax is the longest record. A longer row, which only templates and
	// promises can be, is read from Pebble.
	packedMax = 4096
	// packedRow is about what a row of parties, holdings and quotas takes.
	packedRow = 96
	// packedMin is the smallest ring.
	packedMin = 1 << 20
)

// newPacked makes room for so many bytes of records; nil, which keeps nothing, where
// they are too few to be worth it, or the system has none. whole says that it will be
// told of every row.
func newPacked(size int64, whole bool) *packed {
	if size < packedMin {
		return nil
	}
	p := &packed{seed: maphash.MakeSeed(), limit: -1}
	size = min(size, packedUnit<<31) / packedUnit * packedUnit
	ring, places := offheap.New[byte](int(size)), offheap.New[byte](8<<bits.Len(uint(size/packedRow)))
	if ring == nil || places == nil {
		return nil
	}
	p.memory = [2]*offheap.Piece[byte]{ring, places}
	p.ring, p.places = ring.Items, places.Items
	for id := range p.whole {
		p.whole[id] = whole
	}
	return p
}

// get finds a row's bytes, which are to be used before the next change. known says
// that there is no need to look on disk: the row is there, or is nowhere.
func (p *packed) get(t *spec, k Key) (value []byte, known bool) {
	if p == nil {
		return nil, false
	}
	if i, ok := p.find(p.hash(t.id, k), t, k); ok {
		_, _, value = p.record(p.at(i))
		return value, true
	}
	return nil, p.whole[t.id]
}

// put takes in a row, or what became of it; nil where it was removed.
func (p *packed) put(t *spec, k Key, value []byte) {
	if p == nil {
		return
	}
	h := p.hash(t.id, k)
	i, there := p.find(h, t, k)
	if value == nil {
		if there {
			p.remove(i)
		}
		return
	}
	n := (packedHeader + len(k) + len(value) + packedUnit - 1) / packedUnit
	if there {
		if at := p.at(i); n <= p.units(at) {
			p.lay(at, p.units(at), t, k, value)
			return
		}
		p.remove(i)
	}
	if n*packedUnit > packedMax || len(k) > packedMax/2 {
		p.whole[t.id] = false
		return
	}
	at := p.room(n)
	p.lay(at, n, t, k, value)
	// Making room moves places about.
	free := h & p.mask()
	for p.place(free) != 0 {
		free = (free + 1) & p.mask()
	}
	p.set(free, h<<32|uint64(at/packedUnit+1))
	p.used++
}

// add is put of a row that isn't there, as long as nothing has to make room: what comes
// first when a ledger is opened is needed most.
func (p *packed) add(t *spec, k Key, value []byte) {
	switch {
	case p == nil:
	case p.full(packedMax):
		p.whole[t.id] = false
	default:
		p.put(t, k, value)
	}
}

// full says whether a record of so many bytes has room only in another's place.
func (p *packed) full(size int) bool {
	return p.limit >= 0 || p.next+size > len(p.ring) || p.used >= p.most()
}

// most is how many places may be used: with more, looking takes long.
func (p *packed) most() int { return len(p.places) / 8 / 4 * 3 }

// room makes room for a record of n units, and for its place.
func (p *packed) room(n int) int {
	size := n * packedUnit
	if p.next+size > len(p.ring) { // the next lap
		for p.limit >= 0 && p.oldest < p.limit {
			p.forget()
		}
		p.limit, p.next, p.oldest = p.next, 0, 0
	}
	for p.limit >= 0 && p.oldest < p.limit && p.oldest < p.next+size || p.used >= p.most() {
		if !p.forget() {
			break
		}
	}
	at := p.next
	p.next += size
	return at
}

// forget lets go of the oldest record, which may be no row's any more. It says false
// where there is none.
func (p *packed) forget() bool {
	if p.limit < 0 || p.oldest >= p.limit {
		// All that is left are those of this lap.
		if p.next == 0 {
			return false
		}
		p.limit, p.next, p.oldest = p.next, 0, 0
	}
	at := p.oldest
	p.oldest += p.units(at) * packedUnit
	table, key, _ := p.record(at)
	h := mix(maphash.Bytes(p.seed, key), table)
	for i := h & p.mask(); p.place(i) != 0; i = (i + 1) & p.mask() {
		if p.at(i) == at {
			p.remove(i)
			p.whole[table] = false
			break
		}
	}
	return true
}

func (p *packed) mask() uint64              { return uint64(len(p.places)/8 - 1) }
func (p *packed) place(i uint64) uint64     { return binary.LittleEndian.Uint64(p.places[i*8:]) }
func (p *packed) set(i, place uint64)       { binary.LittleEndian.PutUint64(p.places[i*8:], place) }
func (p *packed) hash(t byte, k Key) uint64 { return mix(maphash.String(p.seed, string(k)), t) }

// mix is 32 bits of a key's hash and its table.
func mix(h uint64, table byte) uint64 { return (h ^ uint64(table)*0x9e3779b97f4a7c15) >> 32 }

// find finds the place of a row.
func (p *packed) find(h uint64, t *spec, k Key) (uint64, bool) {
	for i := h & p.mask(); p.place(i) != 0; i = (i + 1) & p.mask() {
		if p.place(i)>>32 != h {
			continue
		}
		if table, key, _ := p.record(p.at(i)); table == t.id && string(key) == string(k) {
			return i, true
		}
	}
	return 0, false
}

// at is where the record of a place lies.
func (p *packed) at(i uint64) int { return int(uint32(p.place(i))-1) * packedUnit }

// remove empties a place, and moves those that stand behind it because of it.
func (p *packed) remove(gap uint64) {
	p.used--
	mask := p.mask()
	for j := (gap + 1) & mask; p.place(j) != 0; j = (j + 1) & mask {
		home := p.place(j) >> 32 & mask
		if (j-home)&mask >= (j-gap)&mask {
			p.set(gap, p.place(j))
			gap = j
		}
	}
	p.set(gap, 0)
}

func (p *packed) units(at int) int { return int(binary.LittleEndian.Uint16(p.ring[at:])) }

func (p *packed) lay(at, units int, t *spec, k Key, value []byte) {
	b := p.ring[at : at+units*packedUnit]
	binary.LittleEndian.PutUint16(b, uint16(units))
	binary.LittleEndian.PutUint16(b[2:], uint16(len(k)))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(value)))
	b[6] = t.id
	copy(b[packedHeader+copy(b[packedHeader:], k):], value)
}

func (p *packed) record(at int) (table byte, key, value []byte) {
	b := p.ring[at:]
	k, v := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	key = b[packedHeader : packedHeader+k]
	return b[6], key, b[packedHeader+k : packedHeader+k+v : packedHeader+k+v]
}
