package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// NameMax is the longest name of a party, in bytes.
const NameMax = 128

// A salt has saltMin to saltMax bytes.
const saltMin, saltMax = 8, 32

var _ = op.Register(checkCreateParty, applyCreateParty)

// Each key is an entry in an index and some arithmetic on curves.
var _ = op.Weigh(func(m *pb.CreatePartyRequest) int { return (len(m.Keys) + 7) / 8 })

func checkCreateParty(m *pb.CreatePartyRequest) error {
	if err := checkKind(m.Kind, m.Name); err != nil {
		return err
	}
	if len(m.Salt) < saltMin || len(m.Salt) > saltMax {
		return op.Errorf(pb.Code_INVALID, "salt has %d bytes, not %d to %d", len(m.Salt), saltMin, saltMax)
	}
	return checkKeys(m.Keys)
}

// checkKind checks what a party is, and what it is called.
func checkKind(kind pb.PartyKind, name string) error {
	if kind < pb.PartyKind_PERSON || kind > pb.PartyKind_PROGRAMME {
		return op.Errorf(pb.Code_INVALID, "kind %d is not PERSON, COMPANY, DEVICE or PROGRAMME", kind)
	}
	if name != "" && !named(kind) {
		return op.Errorf(pb.Code_INVALID, "a %s has no name on the ledger; leave it empty", kind)
	}
	return checkText("name", name, NameMax)
}

// idOf is the id of the party that a request creates.
func idOf(m *pb.CreatePartyRequest, registrar string) string {
	return ID(m.Keys[0].Scheme, m.Keys[0].PublicKey, m.Salt, registrar)
}

// ID is the id of a party with this first key and salt, and of the party that
// registers it; empty for one that comes by itself. Without the registrar,
// somebody who sees a registration on its way could be faster and make the same
// party with keys or an owner of their own.
func ID(scheme pb.Scheme, publicKey, salt []byte, registrar string) string {
	return op.MakeID("p", []byte{byte(scheme)}, publicKey, salt, []byte(registrar))
}

// applyCreateParty creates a party. Errors: EXISTS; WRONG_TIME for a key that
// has expired; INVALID for a company or programme that comes by itself, or a
// sponsor where there is none; WRONG_STATE where the signer may not register or
// sponsor anybody; TOO_MANY_NEWCOMERS for one without a sponsor, or whose
// sponsor is a newcomer itself.
func applyCreateParty(c *op.Context, m *pb.CreatePartyRequest) (*pb.CreatePartyResponse, error) {
	alone := idOf(m, "") == c.Signer
	p := &pb.Party{Id: idOf(m, c.Signer), Kind: m.Kind, Name: m.Name, Keys: m.Keys, Created: c.Time()}
	if alone {
		p.Id = c.Signer
	}
	if Exists(c.State, p.Id) {
		return nil, op.Errorf(pb.Code_EXISTS, "party %s exists already; use another salt", p.Id)
	}
	for _, k := range m.Keys {
		if err := checkUnexpired(c, k); err != nil {
			return nil, err
		}
	}
	var err error
	if alone {
		err = comeAlone(m)
	} else {
		err = register(c, m, p)
	}
	if err != nil {
		return nil, err
	}
	put(c, p.CloneVT())
	return &pb.CreatePartyResponse{Party: p.Id}, nil
}

// comeAlone says whether a party may come by itself. Charge has counted it.
func comeAlone(m *pb.CreatePartyRequest) error {
	if named(m.Kind) {
		return op.Errorf(pb.Code_INVALID, "a %s doesn't come by itself; an existing party registers it", m.Kind)
	}
	if m.Sponsor {
		return op.Errorf(pb.Code_INVALID, "a party that comes by itself has no sponsor; set sponsor to false")
	}
	return nil
}

// register makes the signer the owner and sponsor of the new party, as the
// request says.
func register(c *op.Context, m *pb.CreatePartyRequest, p *pb.Party) error {
	s, err := Get(c.State, c.Signer)
	if err != nil {
		return err
	}
	if s.Kind == pb.PartyKind_DEVICE {
		return op.Errorf(pb.Code_WRONG_STATE, "%s is a DEVICE, which registers nobody", s.Id)
	}
	if m.Kind == pb.PartyKind_DEVICE {
		p.Owner = s.Id
	}
	if m.Sponsor {
		if err := checkSponsor(s); err != nil {
			return err
		}
		p.Sponsor = s.Id
	}
	// A sponsor for whom nobody answers doesn't answer for others.
	if !m.Sponsor || !vouched(c.State, s) {
		return admitNewcomers(c, 1)
	}
	return nil
}

func checkUnexpired(c *op.Context, k *pb.Key) error {
	if expired(k, c.Now) {
		return op.Errorf(pb.Code_WRONG_TIME, "key %x would have expired at %s; block time is %s", k.PublicKey, stamp(k.Expires.AsTime()), stamp(c.Now))
	}
	return nil
}
