package sim

import (
	"crypto"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/party"
)

const (
	chainID = "troth-sim"
	euro    = "EUR@bank"
	// companyQuota is the quota a minute of the issuer and of the largest shop,
	// smallQuota that of the other companies that are there from the start.
	companyQuota, smallQuota = 2000, 60
)

// world is what whoever makes operations knows: the rows there are, as the
// changes of the blocks told them, and the keys of everybody.
type world struct {
	r      *rand.Rand
	now    time.Time
	height int64
	serial uint64
	keys   map[string]crypto.Signer // by public key

	genesis   *pb.Genesis
	templates []*pb.Template
	noise     int // of 10, how often a value is out of the question

	sets       map[string]*set // ids, by what can be done with them
	parties    map[string]*pb.Party
	assets     map[string]*pb.Asset
	holdings   map[string]*pb.Holding
	holds      map[string]*pb.Hold
	published  map[string]*pb.Template
	promises   map[string]*pb.Promise // those not settled
	pools      map[string]*pb.Pool
	classes    map[string]*pb.AttesterClass
	members    map[string]*pb.Member
	proposals  map[string]*pb.Proposal // open ones
	validators map[string]*pb.Validator
	council    *pb.Council
	params     *pb.Params
	waiting    map[string]uint64 // facts that wait, by what they wait at: their rows
	queued     map[string]uint64 // the same as the ledger counts it
	facts      []*pb.Fact        // late ones
	past       [][]byte          // transactions of late blocks
}

// set is a set with an order, to pick from with the same result each time.
type set struct {
	ids []string
	at  map[string]int
}

func (s *set) put(id string, in bool) {
	i, ok := s.at[id]
	switch {
	case in && !ok:
		s.at[id] = len(s.ids)
		s.ids = append(s.ids, id)
	case !in && ok:
		last := s.ids[len(s.ids)-1]
		s.ids[i], s.at[last] = last, i
		s.ids = s.ids[:len(s.ids)-1]
		delete(s.at, id)
	}
}

// put enters an id in a set, or takes it out.
func (w *world) put(name, id string, in bool) {
	s := w.sets[name]
	if s == nil {
		s = &set{at: map[string]int{}}
		w.sets[name] = s
	}
	s.put(id, in)
}

// pick draws from a set; empty where there is none. Late ones are drawn more
// often.
func (w *world) pick(name string) string {
	s := w.sets[name]
	if s == nil || len(s.ids) == 0 {
		return ""
	}
	if n := len(s.ids); n > 40 && w.r.IntN(2) == 0 {
		return s.ids[n-1-w.r.IntN(20)]
	}
	return s.ids[w.r.IntN(len(s.ids))]
}

// one says yes once in n.
func (w *world) one(n int) bool { return w.r.IntN(n) == 0 }

// among draws from a list.
func among[T any](w *world, list ...T) T { return list[w.r.IntN(len(list))] }

func newWorld(r *rand.Rand, templates []*pb.Template) *world {
	w := &world{r: r, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), keys: map[string]crypto.Signer{}, templates: templates,
		sets: map[string]*set{}, parties: map[string]*pb.Party{}, assets: map[string]*pb.Asset{}, holdings: map[string]*pb.Holding{},
		holds: map[string]*pb.Hold{}, published: map[string]*pb.Template{}, promises: map[string]*pb.Promise{}, pools: map[string]*pb.Pool{},
		classes: map[string]*pb.AttesterClass{}, members: map[string]*pb.Member{}, proposals: map[string]*pb.Proposal{}, validators: map[string]*pb.Validator{},
		waiting: map[string]uint64{}, queued: map[string]uint64{}}
	for _, name := range []string{"holds", "holdings", "person", "company", "device"} {
		w.put(name, "", false)
	}
	p := ledger.DefaultParams()
	p.QuotaPerMinute, p.QuotaBurst = 20, 40
	p.NewcomersPerMinute, p.NewcomerQuotaPerMinute, p.NewcomerQuotaBurst, p.NewcomerTotalPerMinute = 6, 6, 20, 60
	p.WorkPerBlock = 40
	p.FactAheadMax = durationpb.New(10 * time.Minute)
	w.genesis = &pb.Genesis{Params: p}
	for i := range 40 {
		kind := []pb.PartyKind{pb.PartyKind_COMPANY, pb.PartyKind_PERSON, pb.PartyKind_PERSON, pb.PartyKind_DEVICE}[i%4]
		k := w.anyKey()
		g := &pb.Party{Id: party.ID(k.Scheme, k.PublicKey, fmt.Appendf(nil, "sim %04d", i), ""), Kind: kind, Keys: []*pb.Key{k}}
		switch kind {
		case pb.PartyKind_COMPANY:
			g.Handle = fmt.Sprintf("co%d", i)
			if i < 8 {
				g.Handle = []string{"bank", "kestrel"}[i/4]
			}
			if g.Licensed, g.QuotaPerMinute = i < 12, smallQuota; i < 8 {
				g.QuotaPerMinute = companyQuota
			}
		case pb.PartyKind_DEVICE:
			g.Owner = w.genesis.Parties[i-1-w.r.IntN(3)].Id
		}
		w.genesis.Parties = append(w.genesis.Parties, g)
		if kind == pb.PartyKind_COMPANY && len(w.genesis.Council) < 6 {
			w.genesis.Council = append(w.genesis.Council, &pb.Seat{Party: g.Id, Validator: w.newKey().PublicKey, Power: int64(10 + i)})
		}
	}
	return w
}

// advance moves the clock: mostly little, now and then by hours, days or years,
// and sometimes not at all.
func (w *world) advance() {
	step := among(w, 0, time.Nanosecond, time.Millisecond, time.Second, time.Second, time.Second, 7*time.Second, time.Minute, time.Minute, 20*time.Minute)
	switch n := w.r.IntN(4000); {
	case n == 0 && w.now.Year() < 2090:
		step = time.Duration(1+w.r.IntN(3)) * 365 * 24 * time.Hour
	case n < 20:
		step = time.Duration(w.r.IntN(30)) * 24 * time.Hour
	case n < 300:
		step = time.Duration(w.r.IntN(30)) * time.Hour
	}
	w.now = w.now.Add(step)
}

// late says what should have happened by now; empty for nothing.
func (w *world) late() string {
	for _, id := range w.sets["waking"].list() {
		if p := w.promises[id]; !p.Wake.AsTime().After(w.now) {
			return "promise " + id
		}
	}
	for _, id := range w.sets["holds"].list() {
		if h := w.holds[id]; h.Expires.AsTime().Before(w.now) {
			return "hold " + id
		}
	}
	for _, id := range w.sets["proposals"].list() {
		if p := w.proposals[id]; p.Deadline.AsTime().Before(w.now) {
			return "proposal " + id
		}
	}
	for _, id := range w.sets["recovering"].list() {
		if due := w.parties[id].GetRecovery().GetDue(); due != nil && !due.AsTime().After(w.now) {
			return "recovery of " + id
		}
	}
	return ""
}

func (s *set) list() []string {
	if s == nil {
		return nil
	}
	return s.ids
}

// inRole is the party that a role of a promise is now.
func (w *world) inRole(p *pb.Promise, role string) string {
	t := w.published[p.Template]
	for i, d := range t.GetRoles() {
		if d.Name != role {
			continue
		}
		if d.OwnerOf != "" {
			device := w.inRole(p, d.OwnerOf)
			if o := w.parties[device].GetOwner(); o != "" {
				return o
			}
			return device
		}
		if n := len(p.Roles[i].Parties); n > 0 {
			return p.Roles[i].Parties[w.r.IntN(n)] // only attesters are several
		}
		if k := w.classes[d.Class]; k != nil && len(k.Members) > 0 {
			return among(w, k.Members...)
		}
	}
	return ""
}
