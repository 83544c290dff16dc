package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkRotateKey, applyRotateKey)

func checkRotateKey(m *pb.RotateKeyRequest) error {
	if err := checkHasKey("old_public_key", m.OldPublicKey); err != nil {
		return err
	}
	return checkPublicKey(m.Scheme, m.PublicKey)
}

// applyRotateKey puts a new public key in an old one's place, with its role,
// label, scope, limits and expiry. Errors: NOT_FOUND, EXISTS.
func applyRotateKey(c *op.Context, m *pb.RotateKeyRequest) (*pb.RotateKeyResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	i, err := findKey(p, m.OldPublicKey)
	if err != nil {
		return nil, err
	}
	if err := checkNewKey(p, m.PublicKey); err != nil {
		return nil, err
	}
	p.Keys[i].Scheme, p.Keys[i].PublicKey = m.Scheme, m.PublicKey
	put(c, p)
	return &pb.RotateKeyResponse{}, nil
}
