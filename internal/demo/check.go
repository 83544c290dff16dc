package demo

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// purse is what a party has, in cents.
type purse struct{ available, held int64 }

func (p purse) String() string {
	return money(p.available) + " and " + money(p.held) + " held"
}

func money(units int64) string { return contract.FormatUnits(units, 2) }

// purses reads what everybody in the story has.
func (s *stage) purses() (map[string]purse, error) {
	out := map[string]purse{}
	for name, w := range s.cast {
		res, err := s.api.GetHolding(s, connect.NewRequest(&pb.GetHoldingRequest{Party: w.Party, Asset: EUR}))
		switch {
		case connect.CodeOf(err) == connect.CodeNotFound:
			out[name] = purse{}
		case err != nil:
			return nil, err
		default:
			out[name] = purse{res.Msg.Holding.GetAvailable(), res.Msg.Holding.GetHeld()}
		}
	}
	return out, nil
}

// check compares how the story ended with what it wants, and makes its row.
func (s *stage) check(took time.Duration, before map[string]purse) (*Row, error) {
	row, records, err := s.row(took)
	if err != nil {
		return nil, err
	}
	after, err := s.purses()
	if err != nil {
		return nil, err
	}
	want := s.story.Want
	var d differences
	d.compare("outcome", row.Outcome, want.Outcome)
	d.compare("rule", row.Rule, want.Rule)
	d.compare("settlements", len(records), max(want.Settlements, 1))
	d.compare("payouts", row.Payouts, want.payouts())
	d.compare("held", row.Held, "0.00")
	last := records[len(records)-1]
	if want.Cause != 0 {
		d.compare("cause", last.Cause.String(), want.Cause.String())
	}
	if s.deadline && !last.Time.AsTime().After(s.from) {
		d = append(d, fmt.Sprintf("settled at %s; expected after the deadline, %s", last.Time.AsTime(), s.from))
	}
	d.comparePurses(before, after, want.Change)
	return row, d.err()
}

func (w Want) payouts() []Payout {
	out := []Payout{}
	for _, p := range w.Paid {
		out = append(out, Payout{To: p.To, Amount: money(p.Cents), Asset: EUR, From: p.From})
	}
	return out
}

// differences are what came out otherwise than expected.
type differences []string

func (d *differences) compare(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		*d = append(*d, fmt.Sprintf("%s: got %v, expected %v", what, got, want))
	}
}

// comparePurses checks that everybody has what they should, that no money came
// or went, and that nothing is held any more.
func (d *differences) comparePurses(before, after map[string]purse, change map[string]int64) {
	sum := int64(0)
	for name, now := range after {
		was := before[name] // nothing, for who came later
		d.compare("purse of "+name, now, purse{was.available + change[name], was.held})
		sum += now.available + now.held - was.available - was.held
	}
	d.compare("change of all purses together", money(sum), money(0))
	for name := range change {
		if _, ok := after[name]; !ok {
			*d = append(*d, "nobody is called "+name)
		}
	}
}

func (d differences) err() error {
	if len(d) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(d, "\n  "))
}
