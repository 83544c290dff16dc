package demo

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// Story is one promise's life as data: who promises what to whom, what
// happens, and how it must end.
//
// Names stand for parties: "@kestrel" is a demo company, a name in Devices is a
// device, and any other is a person who comes along with a key of their own.
type Story struct {
	Name      string // such as "parcel delivered in time"
	Template  string // in the library, without ".yaml"
	Publisher string // who publishes it; the offering company where empty

	Roles   map[string]string // role -> name
	Devices map[string]string // device -> the company that made and registered it
	Purses  map[string]int64  // name -> cents the bank gives it first

	Offers  string   // the side that offers
	Accepts []string // the sides that accept, in turn
	// Terms are the offer's terms, for a story that begins now.
	Terms func(now time.Time) Terms

	Before []Act // before the promise is offered
	Acts   []Act // until it settles
	After  []Act // once it is settled, when nothing more may happen

	Want Want
}

// Want is how a story must end, to the cent.
type Want struct {
	Outcome string
	Rule    string
	Paid    []Paid
	// Change is by how many cents each purse is fuller or emptier in the end;
	// a name that is missing has what it had.
	Change map[string]int64
	// Settlements is how many records there are; 1 where 0.
	Settlements int
	// Cause is what made the ledger settle, where the story is about that.
	Cause pb.Settlement_Cause
}

// Paid is one payout: to whom, how many cents, out of which hold.
type Paid struct {
	To    string
	Cents int64
	From  string
}

// Terms are an offer's terms.
type Terms map[string]*pb.Value

func (t Terms) named() []*pb.NamedValue {
	var out []*pb.NamedValue
	for _, name := range slices.Sorted(maps.Keys(t)) {
		out = append(out, &pb.NamedValue{Name: name, Value: t[name]})
	}
	return out
}

// The types of a term, one function each.
func text(s string) *pb.Value { return &pb.Value{Value: &pb.Value_String_{String_: s}} }
func whole(n int64) *pb.Value { return &pb.Value{Value: &pb.Value_Int{Int: n}} }
func yes(b bool) *pb.Value    { return &pb.Value{Value: &pb.Value_Bool{Bool: b}} }
func cents(n int64) *pb.Value { return &pb.Value{Value: &pb.Value_Amount{Amount: euros(n)}} }
func at(t time.Time) *pb.Value {
	return &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(t)}}
}
func lasting(d time.Duration) *pb.Value {
	return &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(d)}}
}

const day = 24 * time.Hour

// monthEnding finds a start and a grace, such that the first month from start
// ends exactly the grace before a deadline. The grace is about so many days: a
// month that begins on the 29th or later has no such start.
func monthEnding(deadline time.Time, days int) (start time.Time, grace time.Duration) {
	end := deadline.UTC().AddDate(0, 0, -days)
	for ; end.Day() > 28; days++ {
		end = end.AddDate(0, 0, -1)
	}
	return end.AddDate(0, -1, 0), time.Duration(days) * day
}
