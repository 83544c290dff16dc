package demo

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// A wardrobe in three instalments of 100.00, with a security of 150.00. All
// three months have begun, and a long grace is what keeps the first of them
// open: an instalment settles in its own month or after it, never before.
func saleTerms(sale string, start func(now time.Time) (time.Time, time.Duration)) func(time.Time) Terms {
	return func(now time.Time) Terms {
		from, grace := start(now)
		return Terms{
			"sale": text(sale), "goods": text("a wardrobe"), "rate": cents(100_00), "security": cents(150_00),
			"start": at(from), "months": whole(3), "hand_over_by": at(now.Add(time.Hour)), "grace": lasting(grace),
		}
	}
}

// Three instalments arrive, and each settles its month.
var salePaid = Story{
	Name:     "instalment sale",
	Template: "instalment-sale",
	Roles:    map[string]string{"seller": "@pinewood", "buyer": "Ines", "shop": "@pinewood"},
	Purses:   map[string]int64{"@pinewood": 1_00, "Ines": 500_00},
	Offers:   "@pinewood", Accepts: []string{"Ines"},
	Terms: saleTerms("S-7731", func(now time.Time) (time.Time, time.Duration) { return now.Add(-65 * day), 60 * day }),
	Acts: []Act{
		report("@pinewood", "instalment-sale/handed-over.json", epcisSold),
		deposit("Ines", "instalments", "instalment-sale/three-paid.json"),
	},
	Want: Want{
		Outcome: "kept", Rule: "last period", Settlements: 4,
		Paid: []Paid{
			{"@pinewood", 100_00, "instalments"}, {"@pinewood", 100_00, "instalments"}, {"@pinewood", 100_00, "instalments"},
			{"Ines", 150_00, "security"},
		},
		Change: map[string]int64{"@pinewood": +300_00, "Ines": -300_00},
	},
}

// The first instalment doesn't arrive, and comes out of the security.
var saleMissed = Story{
	Name:     "instalment sale, one missed",
	Template: "instalment-sale",
	Roles:    map[string]string{"seller": "@pinewood", "buyer": "Jon", "shop": "@pinewood"},
	Purses:   map[string]int64{"@pinewood": 1_00, "Jon": 500_00},
	Offers:   "@pinewood", Accepts: []string{"Jon"},
	Terms: saleTerms("S-7732", func(now time.Time) (time.Time, time.Duration) { return monthEnding(now.Add(3*time.Second), 35) }),
	Acts: []Act{
		report("@pinewood", "instalment-sale/handed-over.json", epcisSold),
		silence(3 * time.Second), periods(1),
		deposit("Jon", "instalments", "instalment-sale/two-paid.json"),
	},
	Want: Want{
		Outcome: "partial", Rule: "last period", Settlements: 4,
		Paid: []Paid{
			{"@pinewood", 100_00, "security"}, {"@pinewood", 100_00, "instalments"}, {"@pinewood", 100_00, "instalments"},
			{"Jon", 50_00, "security"},
		},
		Change: map[string]int64{"@pinewood": +300_00, "Jon": -300_00},
	},
}

// epcisSold reads a GS1 EPCIS event: goods that were sold over the counter were
// handed over.
func epcisSold(file []byte) ([]*pb.Statement, error) {
	var e struct {
		ID      string    `json:"eventID"`
		Time    time.Time `json:"eventTime"`
		BizStep string    `json:"bizStep"`
	}
	if err := json.Unmarshal(file, &e); err != nil || e.BizStep != "retail_selling" {
		return nil, err
	}
	return []*pb.Statement{{Kind: "handed_over", At: timestamppb.New(e.Time), Reference: e.ID}}, nil
}

// bankTransactions reads the booked transactions of an account as a bank gives
// them out under PSD2: the amounts in cents.
func bankTransactions(file []byte) ([]int64, error) {
	var account struct {
		Transactions struct {
			Booked []struct {
				Amount struct{ Currency, Amount string } `json:"transactionAmount"`
			}
		}
	}
	if err := json.Unmarshal(file, &account); err != nil {
		return nil, err
	}
	var out []int64
	for _, t := range account.Transactions.Booked {
		r, ok := new(big.Rat).SetString(t.Amount.Amount)
		if ok {
			r.Mul(r, big.NewRat(100, 1))
		}
		if !ok || !r.IsInt() || t.Amount.Currency != "EUR" {
			return nil, fmt.Errorf("%s %q is no amount in euros and cents", t.Amount.Currency, t.Amount.Amount)
		}
		out = append(out, r.Num().Int64())
	}
	return out, nil
}
