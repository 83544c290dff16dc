package party

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const (
	// forgetStep is how many idempotency keys of a minute are forgotten at
	// once, and forgetPause the time to the next step. A burst of traffic is
	// forgotten over many blocks instead of holding up one.
	forgetStep  = 1024
	forgetPause = 100 * time.Millisecond
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

// Remember marks the transaction's idempotency key as used until the
// transaction expires. The error is REPEATED where it is marked already.
func Remember(c *op.Context, t *op.Tx) error {
	key := seenKey(t.Body.Party, t.Body.Key)
	if s, ok := Seen.Peek(c.State, key); ok && !s.Expires.AsTime().Before(c.Now) {
		return op.Errorf(pb.Code_REPEATED, "the idempotency key %x was used by transaction %x; it is free again after %s", t.Body.Key, s.Tx, stamp(s.Expires.AsTime()))
	}
	Seen.Put(c.State, key, &pb.Seen{Tx: t.ID[:], Expires: timestamppb.New(t.Expires)})

	minute := minuteOf(t.Expires)
	row, ok := SeenMinutes.Get(c.State, minuteKey(minute))
	if !ok {
		row = &pb.Seen{Tx: make([]byte, sha256.Size+8), Expires: timestamppb.New(time.Unix(int64(minute+1)*60, 0))}
	}
	row.Tx = fold(row.Tx, string(key), t.ID)
	SeenMinutes.Put(c.State, minuteKey(minute), row)
	return nil
}

// SeenTx is the id of the transaction that used an idempotency key which has
// not been forgotten.
func SeenTx(r state.Reader, party string, key []byte) (tx []byte, ok bool) {
	s, ok := Seen.Peek(r, seenKey(party, key))
	return s.GetTx(), ok
}

func seenKey(party string, key []byte) state.Key { return state.Join(party, hex.EncodeToString(key)) }

func minuteKey(minute uint64) state.Key { return state.Key(state.U64(minute)) }

// fold adds a key to a minute's digest and count. What is hashed has a fixed
// length but for the key in the middle, so that no two lists hash alike.
func fold(was []byte, key string, tx op.ID) []byte {
	h := sha256.New()
	h.Write(was)
	h.Write([]byte(key))
	h.Write(tx[:])
	out := h.Sum(make([]byte, 0, sha256.Size+8))
	return binary.BigEndian.AppendUint64(out, binary.BigEndian.Uint64(was[sha256.Size:])+1)
}

// forget drops keys of a minute that is over: some now, the rest soon, and the
// minute's own row with the last of them. Until then the row says after its
// digest and count where to go on: the store steps slowly over what was deleted.
// Nothing is added to a minute that is over, so the digest is not needed again.
func forget(c *op.Context, k state.Key) {
	row, _ := SeenMinutes.Get(c.State, k)
	const head = sha256.Size + 8
	n := 0
	for place, key := range seenByMinute.Keys(c.State, string(k), string(row.Tx[head:])) {
		if n == forgetStep {
			row.Tx = append(row.Tx[:head], place...)
			row.Expires = timestamppb.New(c.Now.Add(forgetPause))
			SeenMinutes.Put(c.State, k, row)
			return
		}
		Seen.Delete(c.State, key)
		n++
	}
	SeenMinutes.Delete(c.State, k)
}
