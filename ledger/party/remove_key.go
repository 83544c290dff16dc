package party

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkRemoveKey, applyRemoveKey)

func checkRemoveKey(m *pb.RemoveKeyRequest) error { return checkHasKey("public_key", m.PublicKey) }

func checkHasKey(field string, publicKey []byte) error {
	if len(publicKey) != 32 && len(publicKey) != 33 {
		return op.Errorf(pb.Code_INVALID, "%s has %d bytes, not 32 (Ed25519) or 33 (P-256)", field, len(publicKey))
	}
	return nil
}

// applyRemoveKey takes a key of the signer's away. Errors: NOT_FOUND;
// LAST_OWNER_KEY where no OWNER key without an expiry would be left;
// WRONG_STATE where a policy could never be met again.
func applyRemoveKey(c *op.Context, m *pb.RemoveKeyRequest) (*pb.RemoveKeyResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	i, err := findKey(p, m.PublicKey)
	if err != nil {
		return nil, err
	}
	p.Keys = slices.Delete(p.Keys, i, i+1)
	if !slices.ContainsFunc(p.Keys, owns) {
		return nil, op.Errorf(pb.Code_LAST_OWNER_KEY, "key %x is the only OWNER key of %s without an expiry; add another first", m.PublicKey, p.Id)
	}
	if err := checkPossible(pb.Code_WRONG_STATE, p.Keys, p.Policies); err != nil {
		return nil, err
	}
	put(c, p)
	return &pb.RemoveKeyResponse{}, nil
}

func findKey(p *pb.Party, publicKey []byte) (int, error) {
	i := keyIndex(p.Keys, publicKey)
	if i < 0 {
		return 0, op.Errorf(pb.Code_NOT_FOUND, "%s has no key %x", p.Id, publicKey)
	}
	return i, nil
}
