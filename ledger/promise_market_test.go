package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// below draws a number from 0. What rapid draws is mostly small, and a market
// where mostly the first of each list happens is a dull one: so it is mixed.
func (m *market) below(n int, what string) int {
	m.draws++
	return int(rand.NewPCG(rapid.Uint64().Draw(m.rt, what), m.draws).Uint64() % uint64(n))
}

// pick draws one of some.
func pick[T any](m *market, what string, from ...T) T { return from[m.below(len(from), what)] }

func (m *market) whoever() string { return pick(m, "who", m.names...) }

// one draws a promise for something to be done with, mostly one in a state where
// it makes sense, or an id that there isn't.
func (m *market) one(what string) string {
	want, ok := sensible[what]
	sense := ok && m.below(5, "sense") > 0
	ids := slices.DeleteFunc(m.rows("promises"), func(id string) bool {
		return sense && m.records["promises"][id].(*pb.Promise).State != want
	})
	if len(ids) == 0 {
		return "pr_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	}
	return pick(m, "promise", ids...)
}

var sensible = map[string]pb.PromiseState{
	"accept": pb.PromiseState_OFFERED, "challenge": pb.PromiseState_ASSERTED, "answer": pb.PromiseState_CHALLENGED,
	"rule": pb.PromiseState_ANSWERED, "resume": pb.PromiseState_SUSPENDED, "suspend": pb.PromiseState_ACTIVE, "deposit": pb.PromiseState_ACTIVE,
	"release": pb.PromiseState_ACTIVE, "assign": pb.PromiseState_ACTIVE, "fact": pb.PromiseState_ACTIVE, "novate": pb.PromiseState_ACTIVE,
}

// asked draws somebody who has to do with a promise, or now and then anybody.
func (m *market) asked(id string) string {
	p, ok := m.records["promises"][id].(*pb.Promise)
	if !ok || m.below(5, "stranger") == 0 {
		return m.whoever()
	}
	r := pick(m, "role", p.Roles...)
	for _, x := range p.Roles {
		if !x.Accepted {
			r = x
		}
	}
	for _, name := range m.names {
		if slices.Contains(r.Parties, m.id(name)) {
			return name
		}
	}
	return pick(m, "customer", "ana", "ben")
}

func (m *market) soon() *timestamppb.Timestamp {
	return timestamppb.New(m.now.Add(time.Duration(m.below(120, "hours")-20) * time.Hour))
}

func value(name string, v any) *pb.NamedValue {
	out := &pb.Value{}
	switch x := v.(type) {
	case string:
		out.Value = &pb.Value_String_{String_: x}
	case int64:
		out.Value = &pb.Value_Amount{Amount: euros(x)}
	case *timestamppb.Timestamp:
		out.Value = &pb.Value_Time{Time: x}
	}
	return &pb.NamedValue{Name: name, Value: out}
}

func (m *market) offer() (string, *pb.OfferRequest) {
	name := pick(m, "template", "parcel", "parcel", "disputed", "toaster", "uptime", "pass", "instalments")
	few := func(what string) int64 { return int64(m.below(900, what)) }
	item := fmt.Sprint(m.below(5, "item"))
	role := func(name, who string) *pb.RoleBinding {
		return &pb.RoleBinding{Role: name, Parties: []string{m.id(who)}}
	}
	customer := pick(m, "customer", "ana", "ben", "shop")
	r := &pb.OfferRequest{AcceptBy: timestamppb.New(m.now.Add(100 * time.Hour))}
	who := ""
	switch name {
	case "parcel":
		who, r.Roles = "shop", []*pb.RoleBinding{role("seller", "shop"), role("buyer", customer), role("carrier", "carrier")}
		r.Terms = []*pb.NamedValue{value("tracking", item), value("price", few("price")), value("penalty", few("penalty")), value("deliver_by", m.soon())}
	case "disputed":
		who, r.Roles = "shop", []*pb.RoleBinding{role("seller", "shop"), role("buyer", customer), role("carrier", "carrier"), role("judge", "judge")}
		r.Terms = []*pb.NamedValue{value("tracking", item), value("price", few("price")), value("bond", few("bond")), value("fee", few("fee")/4), value("deliver_by", m.soon())}
	case "toaster":
		who, r.Roles = "maker", []*pb.RoleBinding{role("maker", "maker"), role("device", pick(m, "device", "toaster", "spare"))}
		r.Terms = []*pb.NamedValue{value("refund", 10*few("refund")), value("until", m.soon())}
		r.Pools = []*pb.PoolChoice{{Hold: "reserve", Pool: pick(m, "pool", m.rows("pools")...)}}
	case "uptime":
		who, r.Roles = "provider", []*pb.RoleBinding{role("provider", "provider"), role("customer", customer), role("monitor", "carrier"), role("judge", "judge")}
		r.Terms = []*pb.NamedValue{value("service", item), value("credit", few("credit")), value("start", m.soon()), value("bond", few("bond"))}
	case "pass":
		who, r.Roles, r.Copies = "carrier", []*pb.RoleBinding{role("carrier", "carrier")}, uint32(m.below(5, "copies"))
		r.Terms = []*pb.NamedValue{value("fare", few("fare")), value("amends", few("amends")), value("until", m.soon())}
	case "instalments":
		who, r.Roles = "shop", []*pb.RoleBinding{role("seller", "shop"), role("buyer", customer)}
		r.Terms = []*pb.NamedValue{value("rate", few("rate")), value("security", 3*few("security")), value("start", m.soon())}
	}
	publisher := map[string]string{"toaster": "maker", "uptime": "provider", "pass": "carrier"}[name]
	if publisher == "" {
		publisher = "shop"
	}
	r.Template = name + "@" + publisher + "/1"
	if m.below(10, "by the customer") == 0 {
		who = customer
	}
	return who, r
}

func (m *market) statement() (string, *pb.SubmitFactRequest) {
	st := &pb.Statement{At: timestamppb.New(m.now.Add(-time.Duration(m.below(31, "ago")) * time.Hour)), Kind: "delivered"}
	who := "carrier"
	if p, ok := m.records["promises"][m.one("fact")].(*pb.Promise); ok && len(p.Subjects) > 0 {
		st.Subject = p.Subjects[0]
		switch name, _, _ := strings.Cut(p.Template, "@"); name {
		case "toaster":
			who, st.Kind = pick(m, "device", "toaster", "spare"), "failure"
		case "uptime":
			st.Kind = "up"
		case "pass":
			st.Kind, st.At = "failed", timestamppb.New(m.now)
		}
		if m.below(4, "meant") == 0 {
			st.Promise = p.Id
		}
	} else {
		st.Subject = "parcel:1"
	}
	if earlier := m.rows("facts"); len(earlier) > 0 && m.below(10, "back") == 0 {
		f := m.records["facts"][pick(m, "fact", earlier...)].(*pb.Fact)
		st = &pb.Statement{Subject: f.Statement.Subject, Promise: f.Statement.Promise, At: st.At, Withdraws: f.Id}
		if m.below(2, "corrected") > 0 {
			st.Kind, st.Corrects, st.Withdraws = f.Statement.Kind, f.Id, ""
		}
		for _, id := range m.rows("promises") {
			m.touched[id] = m.touched[id] || slices.Contains(m.records["promises"][id].(*pb.Promise).Subjects, st.Subject)
		}
	}
	return who, &pb.SubmitFactRequest{Statements: []*pb.Statement{st}}
}

var acts = strings.Fields(`offer offer offer offer offer accept accept accept accept accept accept accept decline deposit deposit
	settle challenge challenge challenge answer answer rule rule suspend resume release cancel assign novate fact fact fact fact fact device pool`)

// act is one thing that somebody does.
func (m *market) act() {
	what := pick(m, "what", acts...)
	id := m.one(what)
	units := int64(m.below(900, "units"))
	side := m.asked(id)
	if slices.Contains([]string{"suspend", "resume", "release", "cancel", "assign"}, what) {
		m.touched[id] = true
	}
	switch what {
	case "offer":
		who, r := m.offer()
		m.send(who, r)
	case "accept":
		m.send(m.asked(id), &pb.AcceptRequest{Promise: id})
	case "decline":
		m.send(side, &pb.DeclineRequest{Promise: id})
	case "deposit":
		m.send(pick(m, "customer", "ana", "ben"), &pb.DepositRequest{Promise: id, Hold: pick(m, "hold", "purse", "security", "payment"), Units: units, Asset: euro})
	case "settle":
		m.send(m.whoever(), &pb.SettleRequest{Promise: id})
	case "challenge":
		m.send(side, &pb.ChallengeRequest{Promise: id, Claim: pick(m, "claim", "not delivered", "down")})
	case "answer":
		m.send(side, &pb.AnswerRequest{Promise: id})
	case "rule":
		m.send("judge", &pb.RuleRequest{Promise: id, Rule: pick(m, "rule", "delivered", "not delivered", "up", "down")})
	case "suspend", "release":
		// Two at once, or nobody would ever agree.
		until := m.soon()
		for _, who := range []string{side, pick(m, "other", "ana", "ben", "shop")} {
			if what == "suspend" {
				m.send(who, &pb.SuspendRequest{Promise: id, Until: until})
			} else {
				m.send(who, &pb.ReleaseRequest{Promise: id, Payouts: []*pb.AgreedPayout{{Hold: pick(m, "hold", "payment", "fare"), To: pick(m, "to", "seller", "rider"), Units: units / 4}}})
			}
		}
	case "resume":
		m.send(side, &pb.ResumeRequest{Promise: id})
	case "cancel":
		m.send(side, &pb.CancelRequest{Promise: id})
	case "assign":
		m.send(side, &pb.AssignRequest{Promise: id, Role: pick(m, "role", "buyer", "seller", "owner"), To: m.id(m.whoever())})
	case "novate":
		m.send("maker", &pb.NovateRequest{Promise: id, Device: m.id(pick(m, "device", "toaster", "spare"))})
	case "fact":
		who, r := m.statement()
		m.send(who, r)
	case "device":
		m.send(pick(m, "from", "ana", "ben"), &pb.TransferDeviceRequest{Device: m.id(pick(m, "device", "toaster", "spare")), To: m.id(pick(m, "to", "ana", "ben"))})
	case "pool":
		pool := pick(m, "pool", m.rows("pools")...)
		m.send("maker", pick[op.Message](m, "change", &pb.FundPoolRequest{Pool: pool, Units: units}, &pb.DrawPoolRequest{Pool: pool, Units: units}))
	}
}
