package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// stage is a list of transactions that are handed in one after the other. Those that
// say so are timed; the others only lead up to them.
type stage struct {
	timed bool
	// txs signs them.
	txs func(w *world) ([][]byte, error)
	// after, where it isn't 0, is how many places before a transaction the one stands
	// that has to be final before it is handed in: its sender waits for that one.
	after int
	// settles says that no promise is in force after it: until then it is timed. A block
	// does only so much that is due, and leaves the rest to the next.
	settles bool
}

// workload is what is done to a chain in one run.
type workload struct {
	id, name, unit, what string
	perTx                int // operations in one transaction
	txsPer               int // transactions that make one of what is counted
	perRequest, requests int
	stages               func(n int) []stage
}

const (
	// Requests of a thousand, sixteen at a time, keep the pool filled without
	// reaching its limit. With eight, half of which wait for the block that has
	// their last transaction, the next block often had little to begin with.
	bulkPerRequest, bulkRequests = 1000, 16
	// loneRequests are clients that hand in one transaction at a time.
	loneRequests = 256
)

func workloads() []workload {
	return []workload{
		{"transfer", "transfer", "ops/s", "one transfer and one signature a transaction, 1,000 transactions a request", 1, 1, bulkPerRequest, bulkRequests, transfers(1)},
		{"transfer-lone", "transfer, one a request", "ops/s", "the same, each in a request of its own, 256 clients", 1, 1, 1, loneRequests, transfers(1)},
		{"transfer-16", "transfer, 16 a transaction", "ops/s", "16 transfers and one signature a transaction", 16, 1, 250, bulkRequests, transfers(16)},
		{"fact", "fact", "ops/s", "one statement and one signature a transaction", 1, 1, bulkPerRequest, bulkRequests, factsOnly},
		{"promise", "promise kept", "promises/s", "offer, accept, fact, each signed by another party; the fact settles it", 1, 3, bulkPerRequest, bulkRequests, promises},
		{"mixed", "mixed", "ops/s", "of 10: 5 transfers, 2 facts, an offer, an acceptance, a fact that settles", 1, 1, bulkPerRequest, bulkRequests, mixed},
	}
}

// transfers: each of the people in turn pays a cent to the next ones.
func transfers(perTx int) func(n int) []stage {
	return func(n int) []stage {
		return []stage{{timed: true, txs: func(w *world) ([][]byte, error) {
			return w.sign(n, func(i int) (*party, []op.Message) { return w.transfer(i, perTx) })
		}}}
	}
}

func (w *world) transfer(i, perTx int) (*party, []op.Message) {
	from := i % len(w.people)
	requests := make([]op.Message, perTx)
	for k := range requests {
		requests[k] = &pb.TransferRequest{To: w.people[(from+1+k)%len(w.people)].id, Amount: cents(1)}
	}
	return w.people[from], requests
}

// random pays a cent from anybody to anybody: what reaches all of a large state.
func random(n int) []stage {
	return []stage{{timed: true, txs: func(w *world) ([][]byte, error) {
		order := rand.Perm(len(w.people))
		return w.sign(n, func(i int) (*party, []op.Message) {
			from, to := order[i%len(order)], order[(i+1)%len(order)]
			return w.people[from], []op.Message{&pb.TransferRequest{To: w.people[to].id, Amount: cents(1)}}
		})
	}}}
}

func factsOnly(n int) []stage {
	return []stage{{timed: true, txs: func(w *world) ([][]byte, error) {
		at, first := time.Now().Add(-time.Minute), w.salt
		return w.sign(n, func(i int) (*party, []op.Message) {
			return w.people[i%len(w.people)], []op.Message{statement(fmt.Sprint("reading:", first+uint64(i)), at)}
		})
	}}}
}

func statement(subject string, at time.Time) op.Message {
	return &pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: subject, Kind: "delivered", At: timestamppb.New(at)}}}
}

// deal is a batch of parcels: the i-th person sells, the next one but some buys,
// a third carries.
type deal struct {
	n      int
	first  uint64 // number of the first parcel
	at     time.Time
	offers [][]byte // the transactions, once signed
}

func newDeal(w *world, n int) *deal {
	d := &deal{n: n, first: w.salt, at: time.Now().Add(-time.Minute)}
	w.salt += uint64(n)
	return d
}

// who takes which part in the i-th parcel: seller, buyer, carrier.
func (d *deal) who(w *world, i, part int) *party {
	return w.people[(i+part*(len(w.people)/3))%len(w.people)]
}

func (d *deal) tracking(i int) string { return fmt.Sprint("T", d.first+uint64(i)) }

func (d *deal) offer(w *world, i int) (*party, []op.Message) {
	role := func(name string, part int) *pb.RoleBinding {
		return &pb.RoleBinding{Role: name, Parties: []string{d.who(w, i, part).id}}
	}
	return d.who(w, i, 0), []op.Message{&pb.OfferRequest{Template: w.template, Roles: []*pb.RoleBinding{role("seller", 0), role("buyer", 1), role("carrier", 2)},
		Terms: []*pb.NamedValue{
			{Name: "tracking", Value: &pb.Value{Value: &pb.Value_String_{String_: d.tracking(i)}}},
			{Name: "price", Value: &pb.Value{Value: &pb.Value_Amount{Amount: cents(120)}}},
			{Name: "penalty", Value: &pb.Value{Value: &pb.Value_Amount{Amount: cents(12)}}},
			{Name: "deliver_by", Value: &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(d.at.Add(24 * time.Hour))}}},
		}}}
}

func (d *deal) accept(w *world, i int) (*party, []op.Message) {
	return d.who(w, i, 1), []op.Message{&pb.AcceptRequest{Promise: offered(d.offers[i])}}
}

func (d *deal) deliver(w *world, i int) (*party, []op.Message) {
	return d.who(w, i, 2), []op.Message{statement("parcel:"+d.tracking(i), d.at)}
}

// signOffers signs the offers, which acceptances name.
func (d *deal) signOffers(w *world) (_ [][]byte, err error) {
	d.offers, err = w.sign(d.n, func(i int) (*party, []op.Message) { return d.offer(w, i) })
	return d.offers, err
}

func (d *deal) signAcceptances(w *world) ([][]byte, error) {
	return w.sign(d.n, func(i int) (*party, []op.Message) { return d.accept(w, i) })
}

func (d *deal) signDeliveries(w *world) ([][]byte, error) {
	return w.sign(d.n, func(i int) (*party, []op.Message) { return d.deliver(w, i) })
}

// offered is the promise that a transaction offers with its only operation: an id
// follows from the transaction's, so that all can be signed before any is handed in.
func offered(raw []byte) string {
	id, _ := op.PeekID(raw)
	return op.MakeID("pr", id[:], make([]byte, 4), make([]byte, 4))
}

// promises are kept from beginning to end, n transactions in all: each party acts
// once it has the answer that it acts on.
func promises(n int) []stage {
	n /= 3
	return []stage{{timed: true, after: n, settles: true, txs: func(w *world) ([][]byte, error) {
		d := newDeal(w, n)
		offers, err := d.signOffers(w)
		if err != nil {
			return nil, err
		}
		acceptances, err := d.signAcceptances(w)
		if err != nil {
			return nil, err
		}
		deliveries, err := d.signDeliveries(w)
		return slices.Concat(offers, acceptances, deliveries), err
	}}}
}

// mixed is a busy day. The promises that are accepted and settled in it were
// offered and accepted before, untimed, so that all of it can be signed ahead and
// handed in at once.
func mixed(n int) []stage {
	tenth := n / 10
	var older, newer *deal
	return []stage{
		{txs: func(w *world) ([][]byte, error) {
			older = newDeal(w, tenth)
			return older.signOffers(w)
		}},
		{txs: func(w *world) ([][]byte, error) { return older.signAcceptances(w) }},
		{txs: func(w *world) ([][]byte, error) {
			newer = newDeal(w, tenth)
			return newer.signOffers(w)
		}},
		{timed: true, txs: func(w *world) ([][]byte, error) {
			fresh := newDeal(w, tenth)
			at := time.Now().Add(-time.Minute)
			return w.sign(10*tenth, func(i int) (*party, []op.Message) {
				switch k := i / 10; i % 10 {
				case 1, 6:
					return w.people[i%len(w.people)], []op.Message{statement(fmt.Sprint("reading:", fresh.first+uint64(i)), at)}
				case 3:
					return fresh.offer(w, k)
				case 5:
					return newer.accept(w, k)
				case 8:
					return older.deliver(w, k)
				}
				return w.transfer(i, 1)
			})
		}},
	}
}
