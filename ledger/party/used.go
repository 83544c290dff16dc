package party

import (
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// CheckTime says whether the transaction is for this chain and this time. Block
// time equal to `expires` is in time. Errors: WRONG_CHAIN, TX_EXPIRED,
// EXPIRY_TOO_FAR.
func CheckTime(c *op.Context, t *op.Tx) error {
	switch {
	case t.Body.ChainId != c.ChainID:
		return op.Errorf(pb.Code_WRONG_CHAIN, "the transaction is for the chain %q; this is %q", t.Body.ChainId, c.ChainID)
	case t.Expires.Before(c.Now):
		return op.Errorf(pb.Code_TX_EXPIRED, "the transaction was valid until %s; block time is %s", stamp(t.Expires), stamp(c.Now))
	case t.Expires.Sub(c.Now) > op.LifeMax:
		return op.Errorf(pb.Code_EXPIRY_TOO_FAR, "the transaction would be valid until %s; %s ahead of block time %s is the most", stamp(t.Expires), op.LifeMax, stamp(c.Now))
	}
	return nil
}

// stamp shows a time to people.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// CheckUnused says whether the transaction's idempotency key is free: REPEATED
// otherwise.
func CheckUnused(c *op.Context, t *op.Tx) error {
	if c.State.Used(t.Once, minuteOf(c.Now)) {
		return op.Errorf(pb.Code_REPEATED, "the idempotency key %x was used by a transaction of %s already; where that was this very one, get it by its id %x", t.Body.Key, t.Body.Party, t.ID)
	}
	return nil
}

// Use marks the transaction's idempotency key as used until the minute in which
// it expires is over. There is no way back: once in a block, a transaction is
// done with, refused or not.
func Use(c *op.Context, t *op.Tx) { c.State.Use(t.Once, minuteOf(t.Expires)) }

// MayBeDone says whether a transaction may be in a block already, as of the last
// one that was executed, which views may not show yet: where its key isn't in use,
// and it could still run, it is not.
func MayBeDone(s *state.Store, t *op.Tx, now time.Time) bool {
	return minuteOf(t.Expires) < minuteOf(now) || s.Used(t.Once, minuteOf(now))
}

// SealUsed commits to the keys that a block used: it comes after the last
// transaction. The keys themselves are no leaves of the tree; a digest for each
// minute of expiry is.
func SealUsed(c *op.Context) {
	for minute, keys := range c.State.Uses() {
		k := minuteKey(minute)
		row, ok := UsedMinutes.Get(c.State, k)
		if !ok {
			row = &pb.UsedMinute{Expires: timestamppb.New(time.Unix(int64(minute+1)*60, 0))}
		}
		row.Digest, row.Count = fold(row.Digest, keys), row.Count+uint64(len(keys)/16)
		UsedMinutes.Put(c.State, k, row)
	}
	// Where the ledger is behind with its work, minutes that are over are still
	// committed to, and their keys are kept as long: a snapshot needs both.
	free := minuteOf(c.Now)
	for _, k := range minutesDue.Keys(c.State, "", c.Due) {
		free = min(free, uint32(state.ParseU64(string(k))))
		break
	}
	c.State.FreeUsed(free)
}

// fold adds a block's keys to a minute's digest. Before the first block that is
// zero, and not nothing: a digest could pass for keys.
func fold(digest, keys []byte) []byte {
	h := sha256.New()
	if len(digest) == 0 {
		digest = make([]byte, sha256.Size)
	}
	h.Write(digest)
	h.Write(keys)
	return h.Sum(nil)
}

// forget drops what commits to the keys of a minute that is over.
func forget(c *op.Context, k state.Key) { UsedMinutes.Delete(c.State, k) }

// VerifyUsed checks the used keys that a store has on disk against the digests
// that the tree commits to. The error is state.ErrDamaged.
func VerifyUsed(s *state.Store) error {
	v := s.View()
	defer v.Release()
	type minute struct {
		digest []byte
		count  uint64
	}
	have := make(map[state.Key]minute)
	for at, keys := range s.UsedRows(0) {
		m := have[minuteKey(at)]
		have[minuteKey(at)] = minute{fold(m.digest, keys), m.count + uint64(len(keys)/16)}
	}
	for _, k := range minutesDue.Keys(v, "", "") {
		want, _ := UsedMinutes.Peek(v, k)
		if m := have[k]; want.GetCount() != m.count || string(want.GetDigest()) != string(m.digest) {
			return fmt.Errorf("%w: of the %d idempotency keys that expire in minute %s, %d are there, or others", state.ErrDamaged, want.GetCount(), k, m.count)
		}
	}
	return nil
}

func minuteKey(minute uint32) state.Key { return state.Key(state.U64(uint64(minute))) }

// minuteOf is the minute since 1970 that a time falls in.
func minuteOf(t time.Time) uint32 { return uint32(max(t.Unix(), 0) / 60) }
