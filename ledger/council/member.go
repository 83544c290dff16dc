package council

import (
	"bytes"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
)

// seat returns a member for a handler to change. The error is NOT_FOUND.
func seat(c *op.Context, id string) (*pb.Member, error) {
	m, ok := Members.Get(c.State, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "%s has no seat on the council", id)
	}
	return m, nil
}

// voter says whether the signer may propose and vote. The error is NOT_MEMBER.
func voter(c *op.Context) error {
	switch m, ok := Members.Peek(c.State, state.Key(c.Signer)); {
	case !ok:
		return op.Errorf(pb.Code_NOT_MEMBER, "%s has no seat on the council", c.Signer)
	case m.Suspended:
		return op.Errorf(pb.Code_NOT_MEMBER, "the seat of %s is suspended: its validator misbehaved. It votes again once it rotated the validator's key and the council gave it power", c.Signer)
	}
	return nil
}

func checkKey(key []byte) error {
	if err := (sig.PublicKey{Scheme: sig.Ed25519, Bytes: key}).Validate(); err != nil {
		return op.Errorf(pb.Code_INVALID, "validator: %v", err)
	}
	return nil
}

func checkPower(power int64) error {
	if power < 1 || power > PowerMax {
		return op.Errorf(pb.Code_INVALID, "power is %d, not 1 to %d", power, PowerMax)
	}
	return nil
}

// checkSeat says whether a company may have a seat: errors are UNKNOWN_PARTY,
// INVALID for who is no company, EXISTS and LIMIT.
func checkSeat(c *op.Context, id string) error {
	p, err := party.Get(c.State, id)
	switch {
	case err != nil:
		return err
	case p.Kind != pb.PartyKind_COMPANY:
		return op.Errorf(pb.Code_INVALID, "only a COMPANY sits on the council; %s is a %s", id, p.Kind)
	case Members.Has(c.State, state.Key(id)):
		return op.Errorf(pb.Code_EXISTS, "%s has a seat already", id)
	case Get(c.State).Members >= MembersMax:
		return op.Errorf(pb.Code_LIMIT, "the council has %d members; it can't have more", MembersMax)
	}
	return nil
}

// takeKey makes a key a party's validator's. The error is KEY_USED.
func takeKey(c *op.Context, key []byte, id string) error {
	k := ValidatorKey(Address(key))
	if v, ok := Validators.Peek(c.State, k); ok {
		return op.Errorf(pb.Code_KEY_USED, "key %x is or was the validator's of %s; every validator has a key of its own, made anew", key, v.Party)
	}
	Validators.Put(c.State, k, &pb.Validator{PublicKey: bytes.Clone(key), Party: id, From: since(c)})
	return nil
}

// dropKey ends the time of a validator's key.
func dropKey(c *op.Context, key []byte) {
	k := ValidatorKey(Address(key))
	v, _ := Validators.Get(c.State, k)
	v.Until = c.Time()
	Validators.Put(c.State, k, v)
}

// join gives a company a seat.
func join(c *op.Context, m *pb.MemberChange) error {
	if err := checkSeat(c, m.Party); err != nil {
		return err
	}
	if err := takeKey(c, m.Validator, m.Party); err != nil {
		return err
	}
	if err := shift(c, 0, m.Power, bounded); err != nil {
		return err
	}
	council := edit(c)
	council.Members++
	put(c, council)
	Members.Put(c.State, state.Key(m.Party), &pb.Member{Party: m.Party, Validator: bytes.Clone(m.Validator), Power: m.Power, Joined: since(c)})
	return nil
}

// leave takes a member's seat.
func leave(c *op.Context, change *pb.MemberChange) error {
	m, err := seat(c, change.Party)
	if err != nil {
		return err
	}
	if err := shift(c, m.Power, 0, bounded); err != nil {
		return err
	}
	council := edit(c)
	council.Members--
	put(c, council)
	dropKey(c, m.Validator)
	Members.Delete(c.State, state.Key(m.Party))
	return nil
}

// empower gives a member's validator another power, which ends a suspension.
// Errors: NOT_FOUND; WRONG_STATE where it has that power, or where the key is
// the one that misbehaved; TOO_MUCH_CHANGE.
func empower(c *op.Context, change *pb.MemberChange) error {
	m, err := seat(c, change.Party)
	if err != nil {
		return err
	}
	if m.Power == change.Power {
		return op.Errorf(pb.Code_WRONG_STATE, "the validator of %s has power %d already", m.Party, m.Power)
	}
	if v, _ := Validators.Peek(c.State, ValidatorKey(Address(m.Validator))); v.Misbehaved {
		return op.Errorf(pb.Code_WRONG_STATE, "the validator of %s misbehaved with the key %x, which somebody else may have; %s rotates it first", m.Party, m.Validator, m.Party)
	}
	if err := shift(c, max(0, m.Power-change.Power), max(0, change.Power-m.Power), bounded); err != nil {
		return err
	}
	m.Power, m.Suspended = change.Power, false
	Members.Put(c.State, state.Key(m.Party), m)
	return nil
}
