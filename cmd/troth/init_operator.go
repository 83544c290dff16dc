package main

import (
	"os"
	"path/filepath"

	"github.com/troth-ledger/troth/gen/pb"
)

const (
	operatorDefault = "operator"
	// operatorKey is where the operator's key is, within a node's folder. Like
	// the validator's beside it, it is readable to whoever reads the folder.
	operatorKey = "keys/council.key"
)

// operatorParty makes the company that runs a node and has a seat on the council.
func operatorParty(home, handle string) (*pb.Party, error) {
	path := filepath.Join(home, operatorKey)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	k, err := companyKey(path, "operator-"+handle, "council key of @"+handle)
	if err != nil {
		return nil, err
	}
	return &pb.Party{Id: k.Party, Kind: pb.PartyKind_COMPANY, Handle: handle, Name: "Operator of this chain",
		Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER, Label: "council"}}}, nil
}
