package ledger_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/state"
)

// chaos plays strangers who have valid keys and no manners: every operation
// with whatever a message can hold, ids of things that exist beside nonsense,
// times of every age, in blocks of every size. Nothing of it may stop the
// machine, break an invariant, or come out differently in a replay.
type chaos struct {
	t         testing.TB
	r         *rand.Rand
	machine   *ledger.Machine
	genesis   *pb.Genesis
	who       []*actor
	now       time.Time
	height    int64
	serial    uint64
	ids       map[string][]string // what exists, by table
	templates []*pb.Template
	published map[string]*pb.Template
	blocks    []block
	roots     [][32]byte
	codes     map[string]int // operation and code, how often
	noise     int            // of 10, how often a value is out of the question
}

func newChaos(t testing.TB, seed int64) *chaos {
	c := &chaos{t: t, r: rand.New(rand.NewSource(seed)), now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
		ids: map[string][]string{}, published: map[string]*pb.Template{}, codes: map[string]int{},
		genesis: &pb.Genesis{Params: ledger.DefaultParams()}}
	c.genesis.Params.QuotaBurst, c.genesis.Params.NewcomersPerMinute = 1<<20, 1<<20
	c.genesis.Params.WorkPerBlock = 200
	c.genesis.Params.FactAheadMax = durationpb.New(time.Hour)
	kinds := []pb.PartyKind{pb.PartyKind_COMPANY, pb.PartyKind_COMPANY, pb.PartyKind_PERSON, pb.PartyKind_PERSON, pb.PartyKind_PERSON, pb.PartyKind_DEVICE, pb.PartyKind_DEVICE}
	for i, kind := range kinds {
		a := newActor(fmt.Sprintf("chaos%d", i), "")
		c.who = append(c.who, a)
		k := newKey(a.name+"/main", pb.Scheme_ED25519)
		p := &pb.Party{Id: a.id, Kind: kind, Keys: []*pb.Key{{Scheme: k.scheme, PublicKey: k.public, Role: pb.KeyRole_OWNER}}}
		if kind == pb.PartyKind_COMPANY {
			p.Handle, p.Licensed = a.name, true
		}
		if kind == pb.PartyKind_DEVICE {
			p.Owner = c.who[2].id
		}
		c.genesis.Parties = append(c.genesis.Parties, p)
		c.ids["parties"] = append(c.ids["parties"], a.id)
	}
	files, _ := filepath.Glob("../templates/*.yaml")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := parseTemplate(f, b); err == nil {
			c.templates = append(c.templates, m)
		}
	}
	c.machine = newMachine(t, c.genesis)
	c.run(nil)
	c.setUp()
	return c
}

// setUp makes money, pools and templates, so that there is something to break.
func (c *chaos) setUp() {
	bank := c.who[0]
	var txs [][]byte
	for _, symbol := range []string{"EUR", "pts"} {
		id := symbol + "@" + bank.name
		c.ids["assets"] = append(c.ids["assets"], id)
		txs = append(txs, c.sign(bank, &pb.CreateAssetRequest{Symbol: symbol, Kind: pb.AssetKind_MONEY, Decimals: 2, Freezable: symbol == "pts"}))
		for _, a := range c.who {
			txs = append(txs, c.sign(bank, &pb.IssueRequest{To: a.id, Amount: &pb.Amount{Asset: id, Units: 1_000_000_000}}))
		}
	}
	for _, t := range c.templates {
		t.Version = 1
		txs = append(txs, c.sign(c.who[1], &pb.PublishTemplateRequest{Template: t}))
		c.published[fmt.Sprintf("%s@%s/1", t.Name, c.who[1].name)] = t
	}
	for _, a := range c.who {
		for _, id := range c.ids["assets"] {
			txs = append(txs, c.sign(a, &pb.CreatePoolRequest{Amount: &pb.Amount{Asset: id, Units: 10_000_000}}))
		}
	}
	c.run(txs)
}

// sign makes a transaction of one party's own key.
func (c *chaos) sign(a *actor, msgs ...op.Message) []byte {
	c.serial++
	body := &pb.TxBody{ChainId: chainID, Party: a.id, Key: binary.BigEndian.AppendUint64(nil, c.serial), Expires: timestamppb.New(c.now.Add(time.Hour))}
	for _, m := range msgs {
		row, _ := op.FindRequest(m)
		body.Ops = append(body.Ops, &pb.Operation{Code: row.Code, Request: state.Encode(m)})
	}
	s := &pb.SignedTx{Body: state.Encode(body)}
	s.Signatures = append(s.Signatures, newKey(a.name+"/main", pb.Scheme_ED25519).sign(s.Body, forgery{}))
	return state.Encode(s)
}

// run executes a block and remembers what there is.
func (c *chaos) run(txs [][]byte) {
	c.height++
	b := block{time: c.now, txs: txs}
	c.blocks = append(c.blocks, b)
	x := execute(c.t, c.machine, c.height, b)
	c.roots = append(c.roots, x.Root)
	c.checkDue()
	for i, res := range x.Results {
		if t, err := op.Decode(txs[i]); err == nil {
			row, _ := op.Find(t.Ops()[max(int(res.FailedOp)-1, 0)])
			c.codes[row.Name+" "+pb.Code(res.Code).String()]++
		} else {
			c.codes["undecoded "+op.CodeOf(err).String()]++
		}
	}
	for _, ch := range x.Changes {
		if _, p, ok := promise.Promises.Of(ch); ok && p.State == pb.PromiseState_SETTLED {
			c.ids["promises"] = slices.DeleteFunc(c.ids["promises"], func(id string) bool { return id == p.Id })
		}
		if ch.Before() == nil && ch.After() != nil && len(c.ids[ch.Table()]) < 4000 {
			table := ch.Table()
			if id := string(ch.Key()); table != "holds" || id[0] == 'h' {
				c.ids[table] = append(c.ids[table], id)
			}
		}
	}
	c.now = c.now.Add([]time.Duration{time.Millisecond, time.Second, time.Minute, time.Minute, time.Hour}[c.r.Intn(5)])
	if c.r.Intn(40) == 0 {
		c.now = c.now.Add(20 * 24 * time.Hour)
	}
}

// checkDue: what the machine remembers about deadlines leaves none out.
func (c *chaos) checkDue() {
	v := c.machine.Store().View()
	defer v.Release()
	at, ok := c.machine.NextDue(v)
	if want, wantOK := op.NextDue(v); ok != wantOK || !at.Equal(want) {
		c.t.Fatalf("height %d: the next deadline is %s, found %s", c.height, want, at)
	}
}

// TestChaos: CHAOS_SEEDS=n plays n of them, for a longer search.
func TestChaos(t *testing.T) {
	seeds, rounds := 2, 30
	if s := os.Getenv("CHAOS_SEEDS"); s != "" {
		_, _ = fmt.Sscan(s, &seeds)
		rounds = 200
	}
	base := int64(1)
	if s := os.Getenv("CHAOS_BASE"); s != "" {
		_, _ = fmt.Sscan(s, &base)
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(base+int64(seed)), func(t *testing.T) {
			c := newChaos(t, base+int64(seed))
			for range rounds {
				var txs [][]byte
				for range 1 + c.r.Intn(20) {
					txs = append(txs, c.transaction())
				}
				c.run(txs)
			}
			if testing.Verbose() {
				for k, n := range c.codes {
					t.Log(n, k)
				}
			}
			m := newMachine(t, c.genesis)
			for i, b := range c.blocks {
				if got := execute(t, m, int64(i+1), b).Root; got != c.roots[i] {
					t.Fatalf("height %d: the replay has the app hash %x, the first run had %x", i+1, got, c.roots[i])
				}
			}
		})
	}
}

// transaction is one or several operations of somebody.
func (c *chaos) transaction() []byte {
	a := c.who[c.r.Intn(len(c.who))]
	rows := op.Rows()
	var msgs []op.Message
	c.noise = []int{0, 0, 0, 1, 4}[c.r.Intn(5)]
	for range 1 + c.r.Intn(2) {
		row := rows[c.r.Intn(len(rows))]
		if c.r.Intn(3) == 0 {
			row, _ = op.Find([]uint32{200, 301, 302}[c.r.Intn(3)])
		}
		if row.Area == "party" && c.r.Intn(3) > 0 || (row.Name == "Freeze" || row.Name == "Decline" || row.Name == "RetireDevice") && c.r.Intn(8) > 0 {
			continue
		}
		m := row.NewRequest()
		switch q := m.(type) {
		case *pb.OfferRequest:
			c.offer(q)
		case *pb.PublishTemplateRequest:
			q.Template = c.templates[c.r.Intn(len(c.templates))].CloneVT()
			for range c.r.Intn(4) {
				c.mutate(q.Template.ProtoReflect(), 0)
			}
		case *pb.CarryFactRequest:
			c.carry(q)
		case *pb.SubmitFactRequest:
			a = c.say(q, a)
		case *pb.AcceptRequest:
			q.Promise = c.pick("promises")
			a = c.accept(q, a)
		default:
			c.fill(m.ProtoReflect(), 0)
		}
		if q, ok := m.(*pb.OfferRequest); ok && len(q.Roles) > 0 && c.r.Intn(5) > 0 {
			if ids := q.Roles[c.r.Intn(len(q.Roles))].Parties; len(ids) > 0 {
				a = c.actor(ids[0])
			}
		}
		if q, ok := m.(interface{ GetPromise() string }); ok && row.Name != "Accept" && c.r.Intn(5) > 0 {
			a = c.side(q.GetPromise(), a)
		}
		if c.r.Intn(10) < c.noise {
			c.mutate(m.ProtoReflect(), 0)
		}
		msgs = append(msgs, m)
	}
	if len(msgs) == 0 {
		return c.transaction()
	}
	return c.sign(a, msgs...)
}

// accept names the pools that a template wants, and finds somebody who has not
// accepted.
func (c *chaos) accept(q *pb.AcceptRequest, otherwise *actor) *actor {
	v := c.machine.Store().View()
	defer v.Release()
	p, ok := promise.Promises.Get(v, state.Key(q.Promise))
	if !ok {
		return otherwise
	}
	for _, h := range c.published[p.Template].GetHolds() {
		if h.Pool {
			q.Pools = append(q.Pools, &pb.PoolChoice{Hold: h.Name, Pool: c.pick("pools")})
		}
	}
	for _, r := range p.Roles {
		if !r.Accepted && len(r.Parties) > 0 {
			return c.actor(r.Parties[0])
		}
	}
	return otherwise
}

// say states what a promise waits for.
func (c *chaos) say(q *pb.SubmitFactRequest, otherwise *actor) *actor {
	v := c.machine.Store().View()
	defer v.Release()
	p, _ := promise.Promises.Get(v, state.Key(c.pick("promises")))
	t := c.published[p.GetTemplate()]
	if len(t.GetFacts()) == 0 || len(p.Subjects) == 0 || c.r.Intn(4) == 0 {
		c.fill(q.ProtoReflect(), 0)
		return otherwise
	}
	for range 1 + c.r.Intn(3) {
		d := t.Facts[c.r.Intn(len(t.Facts))]
		s := &pb.Statement{Subject: p.Subjects[0], Kind: d.Kind, At: c.stamp(), Reference: fmt.Sprint(c.r.Intn(100))}
		for _, f := range d.Fields {
			s.Values = append(s.Values, &pb.NamedValue{Name: f.Name, Value: c.value(f.Type, false)})
		}
		if c.r.Intn(3) == 0 {
			s.Promise = p.Id
		}
		q.Statements = append(q.Statements, s)
	}
	for i, r := range t.Roles {
		if r.Kind == pb.RoleKind_ATTESTER && len(p.Roles[i].Parties) > 0 && c.r.Intn(3) > 0 {
			return c.actor(p.Roles[i].Parties[0])
		}
	}
	return otherwise
}

// side is somebody with a part in a promise.
func (c *chaos) side(id string, otherwise *actor) *actor {
	v := c.machine.Store().View()
	defer v.Release()
	p, _ := promise.Promises.Get(v, state.Key(id))
	for _, r := range p.GetRoles() {
		if len(r.Parties) > 0 && c.r.Intn(2) == 0 {
			return c.actor(r.Parties[0])
		}
	}
	return otherwise
}

func (c *chaos) actor(id string) *actor {
	for _, a := range c.who {
		if a.id == id {
			return a
		}
	}
	return c.who[0]
}

func (c *chaos) carry(q *pb.CarryFactRequest) {
	for range 1 + c.r.Intn(3) {
		by := c.who[c.r.Intn(len(c.who))]
		s := &pb.Statement{}
		c.fill(s.ProtoReflect(), 0)
		b := state.Encode(s)
		message := append([]byte("troth-statement/1\x00"+chainID+"\x00"), b...)
		q.Carried = append(q.Carried, &pb.CarriedStatement{Attester: by.id, Statement: b,
			Signature: newKey(by.name+"/main", pb.Scheme_ED25519).sign(message, forgery{})})
	}
}

// offer takes a template and fills its blanks with values of their types.
func (c *chaos) offer(q *pb.OfferRequest) {
	id := c.pick("templates")
	q.Template = id
	v := c.machine.Store().View()
	defer v.Release()
	t := c.published[id]
	if t == nil {
		c.fill(q.ProtoReflect(), 0)
		return
	}
	for _, d := range t.Terms {
		if d.Default != nil && c.r.Intn(2) == 0 {
			continue
		}
		q.Terms = append(q.Terms, &pb.NamedValue{Name: d.Name, Value: c.value(d.Type, d.Sealed)})
	}
	for _, r := range t.Roles {
		if r.OwnerOf != "" || r.Class != "" && c.r.Intn(2) == 0 {
			continue
		}
		if r.Kind == pb.RoleKind_BENEFICIARY && q.Copies == 0 && c.r.Intn(4) == 0 {
			q.Copies = uint32(1 + c.r.Intn(3))
			continue
		}
		q.Roles = append(q.Roles, &pb.RoleBinding{Role: r.Name, Parties: []string{c.who[c.r.Intn(len(c.who))].id}})
	}
	for _, h := range t.Holds {
		if h.Pool {
			q.Pools = append(q.Pools, &pb.PoolChoice{Hold: h.Name, Pool: c.pick("pools")})
		}
	}
	if c.r.Intn(3) > 0 {
		q.AcceptBy = timestamppb.New(c.now.Add(time.Duration(c.r.Int63n(int64(40 * 24 * time.Hour)))))
	}
	if t.Subject == "" {
		q.Subjects = []string{c.subject()}
	}
}

func (c *chaos) value(t pb.ValueType, sealed bool) *pb.Value {
	if sealed {
		h := sha256.Sum256([]byte("sealed"))
		return &pb.Value{Value: &pb.Value_Sealed{Sealed: h[:]}}
	}
	switch t {
	case pb.ValueType_STRING:
		return &pb.Value{Value: &pb.Value_String_{String_: c.text("")}}
	case pb.ValueType_INT:
		return &pb.Value{Value: &pb.Value_Int{Int: c.number()}}
	case pb.ValueType_BOOL:
		return &pb.Value{Value: &pb.Value_Bool{Bool: c.r.Intn(2) == 0}}
	case pb.ValueType_TIME:
		return &pb.Value{Value: &pb.Value_Time{Time: c.ahead()}}
	case pb.ValueType_DURATION:
		return &pb.Value{Value: &pb.Value_Duration{Duration: c.duration()}}
	}
	return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: c.ids["assets"][0], Units: int64(c.r.Intn(2000))}}}
}
