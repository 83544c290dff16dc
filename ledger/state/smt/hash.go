package smt

import "crypto/sha256"

// Hash is a SHA-256 digest: of a key, of a value, or of a node.
type Hash = [sha256.Size]byte

// The first byte of what is hashed tells leaves from inner nodes, so that
// neither can be passed off as the other (ics23.SmtSpec).
const (
	leafPrefix  = 0x00
	innerPrefix = 0x01
)

// preimage is what is hashed for a node: a prefix and two digests.
type preimage [1 + 2*sha256.Size]byte

func (p *preimage) first() *Hash  { return (*Hash)(p[1:]) }
func (p *preimage) second() *Hash { return (*Hash)(p[1+sha256.Size:]) }
func (p *preimage) sum() Hash     { return sha256.Sum256(p[:]) }

// bit returns bit number depth of h, 0 being the most significant bit of the
// first byte. It is the side a path takes at that depth.
func bit(h *Hash, depth int) side {
	return side(h[depth>>3]>>(7-depth&7)) & 1
}
