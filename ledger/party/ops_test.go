package party

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

func messageOf(name protoreflect.FullName) proto.Message {
	mt, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		panic(err)
	}
	return mt.New().Interface()
}

// The codes that this package knows are those of the schema.
func TestCodes(t *testing.T) {
	for code, name := range map[uint32]string{codeCreate: "CreateParty", codeFreeze: "Freeze", codeGuarded: "AddKey", guardedEnd: "SetGuardians"} {
		if row, ok := op.Find(code); !ok || row.Name != name {
			t.Errorf("%d is not %s", code, name)
		}
	}
	for _, d := range op.Declared() {
		if d.Parent().Name() != "PartyOps" {
			continue
		}
		if row, ok := op.FindRequest(messageOf(d.Input().FullName())); !ok || row.Code < codeFirst || row.Code > codeLast {
			t.Errorf("%s has no handler, or a code outside %d to %d", d.Name(), codeFirst, codeLast)
		}
	}
}

func TestCreateParty(t *testing.T) {
	w := newWorld(t)
	shop, a := w.company(), w.person()
	dev := w.device(a)
	if OwnerOfDevice(w.o, dev.id) != a.id || OwnerOfDevice(w.o, a.id) != "" {
		t.Fatal("the device does not belong to who registered it")
	}
	request := func(kind pb.PartyKind) *pb.CreatePartyRequest {
		return &pb.CreatePartyRequest{Kind: kind, Keys: []*pb.Key{w.pair().owner()}, Salt: testSalt}
	}
	sponsored := func(m *pb.CreatePartyRequest) *pb.CreatePartyRequest { m.Sponsor = true; return m }
	m := sponsored(request(pb.PartyKind_PERSON))
	w.must(shop, m)
	if p := w.get(idOf(m, shop.id)); p.Sponsor != shop.id || p.Owner != "" || !p.Created.AsTime().Equal(w.now) || p.Licensed {
		t.Fatalf("created %v", p)
	}
	w.want(pb.Code_EXISTS, w.do(shop, m))
	w.want(pb.Code_OK, w.do(shop, request(pb.PartyKind_PROGRAMME)))
	w.want(pb.Code_WRONG_STATE, w.do(dev, request(pb.PartyKind_PERSON)))
	w.want(pb.Code_WRONG_STATE, w.do(a, sponsored(request(pb.PartyKind_PERSON))))
	late := request(pb.PartyKind_PERSON)
	late.Keys = append(late.Keys, w.pair().key(pb.KeyRole_DEVICE_KEY))
	late.Keys[1].Expires = in(w, -1)
	w.want(pb.Code_WRONG_TIME, w.do(shop, late))

	alone := func(m *pb.CreatePartyRequest) error {
		k := w.pair()
		m.Keys = []*pb.Key{k.owner()}
		return w.do(actor{k, idOf(m, "")}, m)
	}
	w.want(pb.Code_OK, alone(request(pb.PartyKind_DEVICE)))
	w.want(pb.Code_INVALID, alone(request(pb.PartyKind_COMPANY)))
	w.want(pb.Code_INVALID, alone(sponsored(request(pb.PartyKind_PERSON))))
}

func TestCreatePartyChecks(t *testing.T) {
	w := &world{t: t}
	k := w.pair()
	many := make([]*pb.Key, KeysMax+1)
	for i := range many {
		many[i] = w.pair().owner()
	}
	for name, row := range map[string]struct {
		change func(*pb.CreatePartyRequest)
		want   pb.Code
	}{
		"good":            {func(m *pb.CreatePartyRequest) {}, pb.Code_OK},
		"no kind":         {func(m *pb.CreatePartyRequest) { m.Kind = 0 }, pb.Code_INVALID},
		"unknown kind":    {func(m *pb.CreatePartyRequest) { m.Kind = 5 }, pb.Code_INVALID},
		"short salt":      {func(m *pb.CreatePartyRequest) { m.Salt = m.Salt[1:] }, pb.Code_INVALID},
		"long salt":       {func(m *pb.CreatePartyRequest) { m.Salt = make([]byte, 33) }, pb.Code_INVALID},
		"named person":    {func(m *pb.CreatePartyRequest) { m.Kind = pb.PartyKind_PERSON }, pb.Code_INVALID},
		"long name":       {func(m *pb.CreatePartyRequest) { m.Name = strings.Repeat("é", 65) }, pb.Code_TOO_LARGE},
		"control":         {func(m *pb.CreatePartyRequest) { m.Name = "a\nb" }, pb.Code_INVALID},
		"reversed":        {func(m *pb.CreatePartyRequest) { m.Name = "\u202eknab" }, pb.Code_INVALID},
		"no keys":         {func(m *pb.CreatePartyRequest) { m.Keys = nil }, pb.Code_INVALID},
		"no owner":        {func(m *pb.CreatePartyRequest) { m.Keys[0].Role = pb.KeyRole_AGENT }, pb.Code_INVALID},
		"key twice":       {func(m *pb.CreatePartyRequest) { m.Keys = []*pb.Key{k.owner(), k.owner()} }, pb.Code_INVALID},
		"most keys":       {func(m *pb.CreatePartyRequest) { m.Keys = many[1:] }, pb.Code_OK},
		"too many keys":   {func(m *pb.CreatePartyRequest) { m.Keys = many }, pb.Code_TOO_LARGE},
		"owner's expires": {func(m *pb.CreatePartyRequest) { m.Keys[0].Expires = in(w, time.Hour) }, pb.Code_INVALID},
	} {
		m := &pb.CreatePartyRequest{Kind: pb.PartyKind_COMPANY, Name: "Kestrel", Salt: testSalt, Keys: []*pb.Key{k.owner()}}
		row.change(m)
		if got := op.CodeOf(checkCreateParty(m)); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestKeyChecks(t *testing.T) {
	w := &world{t: t}
	limit := func(asset string, units int64) []*pb.SpendLimit {
		return []*pb.SpendLimit{{Asset: asset, Units: units}}
	}
	for name, row := range map[string]struct {
		change func(*pb.Key)
		want   pb.Code
	}{
		"good":             {func(k *pb.Key) {}, pb.Code_OK},
		"no scheme":        {func(k *pb.Key) { k.Scheme = 0 }, pb.Code_INVALID},
		"unknown scheme":   {func(k *pb.Key) { k.Scheme = 257 }, pb.Code_INVALID},
		"another scheme":   {func(k *pb.Key) { k.Scheme = pb.Scheme_P256 }, pb.Code_INVALID},
		"small order":      {func(k *pb.Key) { k.PublicKey = append([]byte{1}, make([]byte, 31)...) }, pb.Code_INVALID},
		"no role":          {func(k *pb.Key) { k.Role = 0 }, pb.Code_INVALID},
		"unknown role":     {func(k *pb.Key) { k.Role = 4 }, pb.Code_INVALID},
		"long label":       {func(k *pb.Key) { k.Label = strings.Repeat("x", 65) }, pb.Code_TOO_LARGE},
		"label":            {func(k *pb.Key) { k.Label = "\x7f" }, pb.Code_INVALID},
		"no expiry":        {func(k *pb.Key) { k.Role = pb.KeyRole_DEVICE_KEY }, pb.Code_INVALID},
		"bad time":         {func(k *pb.Key) { k.Expires = in(w, 0); k.Expires.Nanos = -1 }, pb.Code_INVALID},
		"scoped owner":     {func(k *pb.Key) { k.Role = pb.KeyRole_OWNER; k.Ops = []uint32{1} }, pb.Code_INVALID},
		"limited owner":    {func(k *pb.Key) { k.Role = pb.KeyRole_OWNER; k.Limits = limit("EUR", 1) }, pb.Code_INVALID},
		"scope":            {func(k *pb.Key) { k.Ops = []uint32{1, 1} }, pb.Code_INVALID},
		"limit":            {func(k *pb.Key) { k.Limits = limit("EUR", 0) }, pb.Code_OK},
		"negative limit":   {func(k *pb.Key) { k.Limits = limit("EUR", -1) }, pb.Code_BAD_AMOUNT},
		"limit of nothing": {func(k *pb.Key) { k.Limits = limit("", 1) }, pb.Code_INVALID},
		"limit twice":      {func(k *pb.Key) { k.Limits = append(limit("EUR", 1), limit("EUR", 2)...) }, pb.Code_INVALID},
		"many limits":      {func(k *pb.Key) { k.Limits = make([]*pb.SpendLimit, LimitsMax+1) }, pb.Code_TOO_LARGE},
	} {
		k := w.pair().key(pb.KeyRole_AGENT)
		row.change(k)
		if got := op.CodeOf(checkAddKey(&pb.AddKeyRequest{Key: k})); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	w.want(pb.Code_INVALID, checkAddKey(&pb.AddKeyRequest{}))
}

func TestKeyOps(t *testing.T) {
	w := newWorld(t)
	a, second := w.person(), w.pair()
	remove := func(p pair) *pb.RemoveKeyRequest { return &pb.RemoveKeyRequest{PublicKey: p.public} }
	w.want(pb.Code_LAST_OWNER_KEY, w.do(a, remove(a.pair)))
	w.want(pb.Code_NOT_FOUND, w.do(a, remove(second)))
	w.want(pb.Code_INVALID, w.do(a, &pb.RemoveKeyRequest{PublicKey: []byte("short")}))
	w.want(pb.Code_EXISTS, w.do(a, &pb.AddKeyRequest{Key: a.key(pb.KeyRole_AGENT)}))
	soon := second.owner()
	soon.Expires = in(w, -1)
	w.want(pb.Code_WRONG_TIME, w.do(a, &pb.AddKeyRequest{Key: soon}))
	soon.Expires = in(w, time.Hour)
	w.must(a, &pb.AddKeyRequest{Key: soon})
	w.want(pb.Code_LAST_OWNER_KEY, w.do(a, remove(a.pair))) // the other will expire
	w.must(a, remove(second))
	for range KeysMax - 1 {
		w.must(a, &pb.AddKeyRequest{Key: w.pair().key(pb.KeyRole_AGENT)})
	}
	w.want(pb.Code_LIMIT, w.do(a, &pb.AddKeyRequest{Key: second.owner()}))
}

func TestRotateKey(t *testing.T) {
	w := newWorld(t)
	agent, fresh := w.pair(), w.pair()
	k := agent.key(pb.KeyRole_AGENT)
	k.Label, k.Ops, k.Expires = "till", []uint32{codeSettle}, in(w, time.Hour)
	a := w.person(k)
	rotate := func(from, to pair) *pb.RotateKeyRequest {
		return &pb.RotateKeyRequest{OldPublicKey: from.public, Scheme: pb.Scheme_ED25519, PublicKey: to.public}
	}
	w.want(pb.Code_NOT_FOUND, w.do(a, rotate(fresh, agent)))
	w.want(pb.Code_EXISTS, w.do(a, rotate(agent, a.pair)))
	w.want(pb.Code_INVALID, w.do(a, rotate(agent, pair{})))
	w.want(pb.Code_INVALID, w.do(a, rotate(pair{}, agent)))
	w.must(a, rotate(agent, fresh))
	got := KeyOf(w.get(a.id), pb.Scheme_ED25519, fresh.public)
	if got == nil || got.Label != "till" || len(got.Ops) != 1 || got.Role != pb.KeyRole_AGENT || got.Expires == nil {
		t.Fatalf("rotated to %v", got)
	}
	w.want(pb.Code_UNKNOWN_KEY, w.submit(w.body(a.id, &pb.SettleRequest{}), agent))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.SettleRequest{}), fresh))
}

func TestClaimHandle(t *testing.T) {
	w := newWorld(t)
	a, b, p := w.company(), w.company(), w.person()
	claim := func(s string) *pb.ClaimHandleRequest { return &pb.ClaimHandleRequest{Name: s} }
	for _, s := range []string{"", "ab", "1ab", "-ab", "Kestrel", "kes_trel", "@kestrel", strings.Repeat("k", 33)} {
		w.want(pb.Code_INVALID, w.do(a, claim(s)))
	}
	w.want(pb.Code_WRONG_STATE, w.do(p, claim("kestrel")))
	w.must(a, claim("kestrel"))
	w.want(pb.Code_EXISTS, w.do(a, claim("kestrel-2")))
	w.want(pb.Code_HANDLE_TAKEN, w.do(b, claim("kestrel")))
	w.must(b, claim(strings.Repeat("k", 32)))
	if got, err := ByHandle(w.o, "kestrel"); err != nil || got.Id != a.id || HandleOf(w.o, a.id) != "kestrel" {
		t.Fatalf("ByHandle: %v %v", got, err)
	}
	_, err := ByHandle(w.o, "nobody")
	w.want(pb.Code_UNKNOWN_PARTY, err)
}

func TestSponsor(t *testing.T) {
	w := newWorld(t)
	shop, rival, a := w.company(), w.company(), w.person()
	start, stop := &pb.SponsorRequest{Party: a.id}, &pb.SponsorRequest{Party: a.id, Stop: true}
	w.want(pb.Code_INVALID, w.do(shop, &pb.SponsorRequest{Party: "bob"}))
	w.want(pb.Code_UNKNOWN_PARTY, w.do(shop, &pb.SponsorRequest{Party: op.MakeID("p")}))
	w.want(pb.Code_INVALID, w.do(shop, &pb.SponsorRequest{Party: shop.id}))
	w.want(pb.Code_WRONG_STATE, w.do(w.person(), start))
	w.want(pb.Code_WRONG_STATE, w.do(shop, stop))
	w.must(shop, start)
	w.want(pb.Code_EXISTS, w.do(shop, start))
	w.want(pb.Code_NOT_YOURS, w.do(rival, start))
	w.want(pb.Code_NOT_YOURS, w.do(rival, stop))
	w.must(shop, stop)
	w.must(rival, start)
	w.must(a, stop)
	if w.get(a.id).Sponsor != "" {
		t.Fatal("still sponsored")
	}
}

func TestDevices(t *testing.T) {
	w := newWorld(t)
	a, b := w.person(), w.company()
	d := w.device(a)
	give := func(d actor, to string) *pb.TransferDeviceRequest {
		return &pb.TransferDeviceRequest{Device: d.id, To: to}
	}
	retire := &pb.RetireDeviceRequest{Device: d.id}
	w.want(pb.Code_INVALID, w.do(a, give(d, "bob")))
	w.want(pb.Code_INVALID, w.do(a, give(actor{id: "x"}, b.id)))
	w.want(pb.Code_INVALID, w.do(a, &pb.RetireDeviceRequest{Device: "x"}))
	w.want(pb.Code_UNKNOWN_PARTY, w.do(a, give(d, op.MakeID("p"))))
	w.want(pb.Code_WRONG_STATE, w.do(a, give(b, b.id)))
	w.want(pb.Code_INVALID, w.do(a, give(d, d.id)))
	w.want(pb.Code_INVALID, w.do(a, give(d, a.id)))
	w.want(pb.Code_NOT_YOURS, w.do(b, give(d, b.id)))
	w.want(pb.Code_NOT_YOURS, w.do(d, give(d, b.id)))
	w.must(a, give(d, b.id))
	w.want(pb.Code_NOT_YOURS, w.do(a, retire))
	w.must(d, &pb.SubmitFactRequest{})
	w.must(b, retire)
	w.want(pb.Code_WRONG_STATE, w.do(b, retire))
	w.want(pb.Code_WRONG_STATE, w.do(b, give(d, a.id)))
	w.want(pb.Code_WRONG_STATE, w.do(d, &pb.SubmitFactRequest{}))

	free := w.come(pb.PartyKind_DEVICE)
	w.want(pb.Code_NOT_YOURS, w.do(a, give(free, a.id)))
	w.must(free, give(free, a.id))
	w.want(pb.Code_NOT_YOURS, w.do(free, give(free, b.id)))
}

func TestIndexes(t *testing.T) {
	w := newWorld(t)
	a, b := w.person(), w.company()
	d := w.device(a)
	w.must(b, &pb.SponsorRequest{Party: a.id})
	w.must(a, guardians(1, time.Hour, b))
	one := func(name, want string, keys func(func(string, state.Key) bool)) {
		var got []string
		for _, k := range keys {
			got = append(got, string(k))
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	one("owner", d.id, ByOwner.Keys(w.o, a.id+"\x00", ""))
	one("kind", b.id, ByKind.Keys(w.o, "COMPANY\x00", ""))
	one("sponsor", a.id, BySponsor.Keys(w.o, b.id+"\x00", ""))
	one("guardian", a.id, ByGuardian.Keys(w.o, b.id+"\x00", ""))
	one("key", d.id, ByKey.Keys(w.o, hex.EncodeToString(d.public)+"\x00", ""))
}
