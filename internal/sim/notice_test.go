package sim

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/op"
)

// TestNotices: the accountant sees what is wrong, and the failure says how to
// see it again.
func TestNotices(t *testing.T) {
	for name, spoil := range map[string]func(*sim){
		"a unit too many":             func(s *sim) { s.books.totals[holding(s.person(), euro)]++; s.recount() },
		"a row too few":               func(s *sim) { delete(s.books.rows, "params params"); s.recount() },
		"another root":                func(s *sim) { s.skip(); s.block(nil) },
		"a hold of nobody's":          func(s *sim) { s.w.holds["pr_x/#y"] = &pb.Hold{Units: 1}; s.verify() },
		"a fact that waits uncounted": func(s *sim) { s.w.waiting["parcel:1"]++; s.block(nil) },
		"held by nothing":             func(s *sim) { s.w.holdings[s.w.pick("holdings")].Held++; s.verify() },
		"a promise that holds nobody's": func(s *sim) {
			s.w.promises["pr_x"] = &pb.Promise{Wake: timestamppb.New(s.w.now), Holds: []*pb.PromiseHold{{Party: "p_x", Asset: euro, Put: 1}}}
			s.verify()
		},
		"a pool that promised": func(s *sim) { s.w.pools["pl_x"] = &pb.Pool{Committed: 1, Units: 2}; s.verify() },
		"a local row of another block": func(s *sim) {
			s.log[1].root[0]++
			s.replicas[0].settle()
			s.remembers(s.replicas[0])
		},
		"an unkept deadline": func(s *sim) { s.overdue(); s.block(nil) },
		"an unkept deadline in a busy block": func(s *sim) {
			s.overdue()
			s.block(s.transfers(s.w.genesis.Parties[0].Id, 30)) // more changes than work would be
		},
		"a posting to another": func(s *sim) {
			from, to := s.w.genesis.Parties[0].Id, s.person()
			s.send(from, &pb.PlaceHoldRequest{Holder: to, Amount: &pb.Amount{Asset: euro, Units: 2}, Expires: timestamppb.New(s.w.now.Add(time.Hour))})
			for _, h := range s.w.holds {
				s.books.payees[h.Id] = from
				s.send(to, &pb.PostHoldRequest{Hold: h.Id, Units: 1})
			}
		},
		"a quota overdrawn": func(s *sim) {
			s.leaves(s.person(), 3)
			s.block(s.transfers(s.person(), 4))
		},
		"a sponsor's half overdrawn": func(s *sim) {
			s.sponsored()
			s.leaves(s.w.genesis.Parties[12].Id, smallQuota/2+2)
			s.block(s.transfers(s.person(), 60))
		},
		"a sponsor charged for who has enough": func(s *sim) {
			s.sponsored()
			s.block(s.transfers(s.person(), 39))
			s.leaves(s.person(), s.quotas.left[s.person()].ops+10)
			s.block(s.transfers(s.person(), 5))
		},
		"more newcomers than may come": func(s *sim) {
			a := s.w.comer()[0]
			s.leaves("newcomers", 0.5)
			s.send(a.who, a.msg)
		},
		"newcomers' share overdrawn": func(s *sim) {
			a := s.w.comer()[0]
			s.send(a.who, a.msg)
			s.leaves("operations", 31.5)
			s.send(a.who, &pb.FreezeRequest{})
			s.send(a.who, &pb.FreezeRequest{})
		},
		"a refusal for want of what is there": func(s *sim) { s.quotas.refused(s.w.now, s.w.parties[s.person()], 1) },
		"an operation out of a key's scope": func(s *sim) {
			p := s.keyed(&pb.Key{Role: pb.KeyRole_AGENT, Ops: []uint32{200}})
			s.send(p.Id, &pb.TransferRequest{To: s.w.genesis.Parties[1].Id, Amount: &pb.Amount{Asset: euro, Units: 1}})
		},
		"more than a key's limit": func(s *sim) {
			p := s.keyed(&pb.Key{Role: pb.KeyRole_AGENT, Limits: []*pb.SpendLimit{{Asset: euro, Units: 5}}})
			s.send(p.Id, &pb.TransferRequest{To: s.w.genesis.Parties[1].Id, Amount: &pb.Amount{Asset: euro, Units: 6}})
		},
		"an expired key": func(s *sim) {
			p := s.keyed(&pb.Key{Role: pb.KeyRole_OWNER, Expires: timestamppb.New(s.w.now.Add(-1))})
			s.send(p.Id, &pb.TransferRequest{To: s.w.genesis.Parties[1].Id, Amount: &pb.Amount{Asset: euro, Units: 6}})
		},
		"a parcel paid to the other": func(s *sim) { s.parcels.pays(parcelPaid("buyer", 5)) },
		"a parcel paid in part":      func(s *sim) { s.parcels.pays(parcelPaid("seller", 4)) },
	} {
		s := newSim(Config{Seed: 6, Templates: library(t)[:2]})
		s.begin()
		err := func() (err error) {
			defer func() { err = s.failure(recover()) }()
			spoil(s)
			return nil
		}()
		if f := err.(*Failure); strings.HasPrefix(f.What, "<nil>") || strings.Contains(f.What, "runtime error") {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Logf("%s: %v", name, err)
		}
		s.close()
	}
}

// TestNoticesDisk: an index that lacks an entry on the disk of a machine is seen, in the
// course of a play and at its end.
func TestNoticesDisk(t *testing.T) {
	for name, play := range map[string]func(*sim){
		"in its course": func(s *sim) {
			for range 80 { // it is the third whose turn it is
				s.block(nil)
			}
		},
		"at its end": func(s *sim) {
			s.next = math.MaxInt64
			s.drain()
		},
	} {
		s := newSim(Config{Seed: 6, Templates: library(t)[:2]})
		s.begin()
		r := s.replicas[2]
		r.settle()
		check(r.store.Close())
		db, err := pebble.Open("store", &pebble.Options{FS: r.fs, FormatMajorVersion: pebble.FormatNewest})
		check(err)
		it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte("\x02\x02")}) // the index of parties by kind
		check(err)
		it.First()
		check(db.Delete(it.Key(), nil))
		check(it.Close())
		check(db.Close())
		r.open()
		func() {
			defer func() { err = s.failure(recover()) }()
			play(s)
		}()
		if !strings.Contains(err.Error(), "the index parties_by_kind of parties lacks") {
			t.Errorf("%s: %v", name, err)
		}
		s.close()
	}
}

// person is one that has a quota like all, and nobody's.
func (s *sim) person() string { return s.w.genesis.Parties[13].Id }

// leaves has the accountant believe that somebody has so much left.
func (s *sim) leaves(name string, ops float64) { s.quotas.left[name] = left{name, ops, s.w.now} }

// keyed has the accountant believe that the person's key is another than it is.
func (s *sim) keyed(k *pb.Key) *pb.Party {
	p := s.quotas.parties[s.person()].CloneVT()
	k.Scheme, k.PublicKey = p.Keys[0].Scheme, p.Keys[0].PublicKey
	p.Keys[0], s.quotas.parties[p.Id] = k, p
	return p
}

// sponsored gives the person a sponsor.
func (s *sim) sponsored() {
	s.send(s.w.genesis.Parties[12].Id, &pb.SponsorRequest{Party: s.person()})
}

// send plays a block with an operation of a party's in it.
func (s *sim) send(who string, m op.Message) { s.block([]*pending{s.w.sealed(who, m)}) }

// overdue makes up a deadline that the ledger knows nothing of.
func (s *sim) overdue() {
	s.w.put("proposals", "cp_x", true)
	s.w.proposals["cp_x"] = &pb.Proposal{Deadline: timestamppb.New(s.w.now.Add(-1))}
}

// transfers are so many by a party, in transactions of their own.
func (s *sim) transfers(who string, n int) (txs []*pending) {
	for range n {
		txs = append(txs, s.w.sealed(who, &pb.TransferRequest{To: s.w.genesis.Parties[1].Id, Amount: &pb.Amount{Asset: euro, Units: 1}}))
	}
	return txs
}

// parcelPaid is a parcel that was kept, of which somebody got so much of five.
func parcelPaid(to string, units int64) (*pb.Settlement, *pb.Promise, pb.Outcome) {
	amount := func(units int64) *pb.Value {
		return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: euro, Units: units}}}
	}
	return &pb.Settlement{Payouts: []*pb.Payout{{Hold: "payment", To: to, Units: units}}},
		&pb.Promise{Roles: []*pb.RoleBinding{{Parties: []string{"seller"}}, {Parties: []string{"buyer"}}}, Terms: []*pb.Value{nil, amount(5), amount(0)}},
		pb.Outcome_KEPT
}

// skip has one machine execute a block that the others don't.
func (s *sim) skip() {
	last := s.log[len(s.log)-1]
	s.replicas[2].execute(&block{height: last.height + 1, time: last.time.Add(time.Hour),
		evidence: []council.Evidence{{Address: make([]byte, 20), Kind: pb.MisbehaviourKind_DUPLICATE_VOTE, Height: 1}}})
}

// TestReplay: the number of operations that a failure names plays until it, also
// where nothing was handed in when it came, and where time was let pass.
func TestReplay(t *testing.T) {
	type moment struct {
		height   int64
		ops      int
		draining bool
	}
	cfg, try := Config{Ops: 400, Templates: library(t)[:3]}, map[string]moment{}
	for len(try) < 3 { // most seeds have an empty round
		if cfg.Seed++; cfg.Seed > 10 {
			t.Fatalf("there are only %v", try)
		}
		clear(try)
		var last moment
		cfg.spoil = func(s *sim) {
			m := moment{s.w.height, s.report.Ops, s.draining}
			switch {
			case m.draining:
				try["when time was let pass"] = m
			case m.height > begun && m.ops == last.ops:
				try["in an empty round"] = m
			case m.height > begun:
				try["in a round"] = m
			}
			last = m
		}
		if _, err := Run(cfg); err != nil {
			t.Fatal(err)
		}
	}
	for name, m := range try {
		cfg.spoil = func(s *sim) {
			if s.w.height == m.height && s.draining == m.draining {
				failf("%s", name)
			}
		}
		_, err := Run(cfg)
		var first, again *Failure
		if !errors.As(err, &first) {
			t.Fatalf("%s: no failure", name)
		}
		more := cfg
		more.Ops = first.Ops
		if _, err = Run(more); !errors.As(err, &again) || *again != *first {
			t.Errorf("%s: it failed with %v, and with that many operations: %v", name, first, err)
		}
	}
}

// TestFirstEvidence: there is none before there are validators.
func TestFirstEvidence(t *testing.T) {
	w := newWorld(rand.New(rand.NewPCG(1, 1)), nil)
	for range 5000 {
		if e := w.evidence(); e != nil {
			t.Fatalf("evidence before the first block: %v", e)
		}
	}
}
