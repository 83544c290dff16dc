package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/sig"
)

// demoKeys is where the demo companies' keys are, within a node's folder.
const demoKeys = "keys/demo"

// demoCompany is a company that a demo chain has from the start.
type demoCompany struct {
	handle, name string
	kind         pb.PartyKind
	licensed     bool
}

// demoCompanies are who the stories need. Names are made up.
var demoCompanies = []demoCompany{
	{"northbank", "Northbank", pb.PartyKind_COMPANY, true},
	{"hearthgoods", "Hearth Goods", pb.PartyKind_COMPANY, false},
	{"swiftparcel", "Swift Parcel", pb.PartyKind_COMPANY, false},
	{"kestrel", "Kestrel Air", pb.PartyKind_COMPANY, false},
	{"flightwatch", "Flightwatch", pb.PartyKind_COMPANY, false},
	{"brightline", "Brightline", pb.PartyKind_COMPANY, false},
	{"linecheck", "Linecheck", pb.PartyKind_COMPANY, false},
	{"cloudworks", "Cloudworks", pb.PartyKind_COMPANY, false},
	{"fairhand", "Fairhand Arbitration", pb.PartyKind_COMPANY, false},
	{"crumbworks", "Crumbworks", pb.PartyKind_COMPANY, false},
	{"pinewood", "Pinewood", pb.PartyKind_COMPANY, false},
	{"claywares", "Claywares", pb.PartyKind_COMPANY, false},
	{"freshfield", "Freshfield", pb.PartyKind_COMPANY, false},
	{"oldpages", "Old Pages", pb.PartyKind_COMPANY, false},
	{"airsafety", "Air Safety Office", pb.PartyKind_COMPANY, false},
	{"commons", "Commons", pb.PartyKind_PROGRAMME, false},
}

// demoQuota lets a demo company do in a minute what a busy one would.
const demoQuota = 60_000

// demoParties makes the demo companies and writes their keys, unencrypted and
// marked so, into dir.
func demoParties(dir string) ([]*pb.Party, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var out []*pb.Party
	for _, d := range demoCompanies {
		path := filepath.Join(dir, d.handle+".key")
		k, err := companyKey(path, "demo-"+d.handle, "demo key of @"+d.handle)
		if err != nil {
			return nil, fmt.Errorf("key of @%s: %w", d.handle, err)
		}
		out = append(out, &pb.Party{
			Id: k.Party, Kind: d.kind, Handle: d.handle, Name: d.name, Licensed: d.licensed, QuotaPerMinute: demoQuota,
			Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER, Label: "demo"}},
		})
	}
	return out, nil
}

// companyKey loads a genesis company's only key, or makes it, unencrypted.
func companyKey(path, salt, label string) (*keyfile.Key, error) {
	k, err := keyfile.Load(path, "")
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = keyfile.Generate(sig.Ed25519, "", label); err != nil {
		return nil, err
	}
	k.Party = client.PartyID(k.Scheme(), k.Public(), []byte(salt), "")
	return k, keyfile.Save(path, k, keyfile.Options{NoPassphrase: true})
}
