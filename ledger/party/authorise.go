package party

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
)

// Authorise says whether the transaction's signatures allow its operations, as
// far as that can be known before they run. That the signatures verify has been
// established. Errors: BAD_SIGNATURE for two by one key, BAD_ASSERTION,
// UNKNOWN_PARTY, UNKNOWN_KEY, KEY_EXPIRED, KEY_NOT_ALLOWED, MORE_SIGNATURES,
// PARTY_FROZEN, and WRONG_STATE for a retired device.
//
// free says that CheckSpend would have nothing to object, whatever the operations
// take: there is no policy and no limit, and they can't make one.
func Authorise(c *op.Context, t *op.Tx) (free bool, err error) {
	if err := checkDistinct(t.Signatures); err != nil {
		return false, err
	}
	for i, s := range t.Signatures {
		if err := checkAssertion(c, s); err != nil {
			return false, op.Errorf(pb.Code_BAD_ASSERTION, "signature %d: %v", i+1, err)
		}
	}
	p, ok := Parties.Peek(c.State, state.Key(t.Body.Party))
	if ok {
		p = inForce(p, c.Now)
	} else if p = newcomer(t.Body, t.Signatures); p == nil {
		return false, op.Errorf(pb.Code_UNKNOWN_PARTY,
			"there is no party %s; one that comes by itself starts with CreateParty, and its id is made from its first key and the salt", t.Body.Party)
	}
	keys, err := authorise(c, p, t.Signatures, t.Body.Ops)
	return err == nil && spendsFreely(p, keys, t.Body.Ops), err
}

// authorise says whether signatures by a party's keys allow operations, and which
// keys those are.
func authorise(c *op.Context, p *pb.Party, sigs []*pb.Signature, ops []*pb.Operation) ([]*pb.Key, error) {
	keys, err := signing(c, p, sigs)
	if err != nil {
		return nil, err
	}
	for _, o := range ops {
		if err := allow(p, keys, o.Code); err != nil {
			return nil, err
		}
	}
	if p.Frozen {
		for _, o := range ops {
			if err := allowFrozen(p, keys, o.Code); err != nil {
				return nil, err
			}
		}
	}
	if p.Retired {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "device %s is retired and signs nothing any more", p.Id)
	}
	return keys, nil
}

func checkDistinct(sigs []*pb.Signature) error {
	for i, s := range sigs {
		for j := range i {
			if bytes.Equal(s.PublicKey, sigs[j].PublicKey) {
				return op.Errorf(pb.Code_BAD_SIGNATURE, "signatures %d and %d are by the same key %x; each must be by another", j+1, i+1, s.PublicKey)
			}
		}
	}
	return nil
}

// checkAssertion asks whether a passkey was used where the chain allows it.
func checkAssertion(c *op.Context, s *pb.Signature) error {
	if s.Scheme != pb.Scheme_WEBAUTHN {
		return nil
	}
	policy := sig.Policy{Origins: c.Params.WebauthnOrigins, RPIDHashes: make([][32]byte, len(c.Params.WebauthnRpIds))}
	for i, id := range c.Params.WebauthnRpIds {
		policy.RPIDHashes[i] = sha256.Sum256([]byte(id))
	}
	return sig.CheckPolicy(op.Assertion(s), policy)
}

// newcomer is the party that a transaction creates for itself, nil where it
// doesn't: its first operation is CreateParty, the id is the transaction's, and
// the key that the id is made from has signed. Any other key that it lists
// could be a stranger's, who copied the first.
func newcomer(b *pb.TxBody, sigs []*pb.Signature) *pb.Party {
	if len(b.Ops) == 0 || b.Ops[0].Code != codeCreate {
		return nil
	}
	var m pb.CreatePartyRequest
	if err := m.UnmarshalVT(b.Ops[0].Request); err != nil || len(m.Keys) == 0 || idOf(&m, "") != b.Party {
		return nil
	}
	first := m.Keys[0]
	if !slices.ContainsFunc(sigs, func(s *pb.Signature) bool {
		return s.Scheme == first.Scheme && bytes.Equal(s.PublicKey, first.PublicKey)
	}) {
		return nil
	}
	return &pb.Party{Id: b.Party, Kind: m.Kind, Keys: m.Keys}
}

// signing finds the party's keys that signed.
func signing(c *op.Context, p *pb.Party, sigs []*pb.Signature) ([]*pb.Key, error) {
	keys := make([]*pb.Key, len(sigs))
	for i, s := range sigs {
		if keys[i] = KeyOf(p, s.Scheme, s.PublicKey); keys[i] == nil {
			return nil, op.Errorf(pb.Code_UNKNOWN_KEY, "signature %d is by the %s key %x, which is not one of %s", i+1, s.Scheme, s.PublicKey, p.Id)
		}
	}
	for _, k := range keys {
		if expired(k, c.Now) {
			return nil, op.Errorf(pb.Code_KEY_EXPIRED, "key %x was valid until %s; block time is %s", k.PublicKey, stamp(k.Expires.AsTime()), stamp(c.Now))
		}
	}
	return keys, nil
}

// allow says whether the keys together may sign one operation.
func allow(p *pb.Party, keys []*pb.Key, code uint32) error {
	row, ok := op.Find(code)
	if !ok {
		return op.Errorf(pb.Code_UNKNOWN_OPERATION, "no operation has the code %d", code)
	}
	may := func(k *pb.Key) bool {
		return inScope(k, code) && (row.Signer != pb.Op_OWNER || k.Role == pb.KeyRole_OWNER)
	}
	if !slices.ContainsFunc(keys, may) {
		if row.Signer == pb.Op_OWNER {
			return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "%s (%d) needs a key of %s with the role OWNER; none signed", row.Name, code, p.Id)
		}
		return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "%s (%d) is not in the ops of any key that signed", row.Name, code)
	}
	need, have := required(p, code), 0
	for _, k := range keys {
		if counts(k, code) {
			have++
		}
	}
	if have < need {
		return op.Errorf(pb.Code_MORE_SIGNATURES, "%s (%d) needs %d keys of %s with the role OWNER or AGENT; %d signed", row.Name, code, need, p.Id, have)
	}
	return nil
}

// allowFrozen says what goes through while the party is frozen.
func allowFrozen(p *pb.Party, keys []*pb.Key, code uint32) error {
	owner := slices.ContainsFunc(keys, func(k *pb.Key) bool { return k.Role == pb.KeyRole_OWNER })
	if code == codeFreeze || owner && code >= codeFirst && code <= codeLast {
		return nil
	}
	return op.Errorf(pb.Code_PARTY_FROZEN, "%s is frozen: until one of its OWNER keys signs Thaw, they alone act, and only with operations %d to %d", p.Id, codeFirst, codeLast)
}
