package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkAddKey, applyAddKey)

func checkAddKey(m *pb.AddKeyRequest) error { return checkKey(m.Key) }

// applyAddKey adds a key to the signer. Errors: WRONG_TIME for one that has
// expired, EXISTS, LIMIT.
func applyAddKey(c *op.Context, m *pb.AddKeyRequest) (*pb.AddKeyResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if err := checkUnexpired(c, m.Key); err != nil {
		return nil, err
	}
	if err := checkNewKey(p, m.Key.PublicKey); err != nil {
		return nil, err
	}
	if len(p.Keys) >= KeysMax {
		return nil, op.Errorf(pb.Code_LIMIT, "%s has %d keys, the most there can be; remove one first", p.Id, len(p.Keys))
	}
	p.Keys = append(p.Keys, m.Key.CloneVT())
	put(c, p)
	return &pb.AddKeyResponse{}, nil
}

// checkNewKey refuses a public key that the party has, in whatever scheme: one
// key must not count as two.
func checkNewKey(p *pb.Party, publicKey []byte) error {
	if keyIndex(p.Keys, publicKey) >= 0 {
		return op.Errorf(pb.Code_EXISTS, "key %x is one of %s already", publicKey, p.Id)
	}
	return nil
}
