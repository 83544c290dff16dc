package demo

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// Thirteen months of a service at 200.00 a month, at most 80.00 back a month
// and 200.00 a year. All months but the first are reported on after the last of
// them. The first month's report never comes: when its grace is over, it counts
// as the worst, and the other months settle at once behind it.
var serviceCredit = Story{
	Name:     "software service credit",
	Template: "service-level-credit",
	Roles:    map[string]string{"provider": "@cloudworks", "customer": "Hana", "monitor": "@linecheck"},
	Purses:   map[string]int64{"@cloudworks": 400_00, "Hana": 1_00},
	Offers:   "@cloudworks", Accepts: []string{"Hana"},
	Terms: func(now time.Time) Terms {
		start, grace := monthEnding(now.Add(3*time.Second), 370)
		return Terms{
			"service": text("ledger-api"), "fee": cents(200_00), "start": at(start), "months": whole(13),
			"month_max": cents(80_00), "year_max": cents(200_00), "grace": lasting(grace),
		}
	},
	Acts: []Act{
		report("@linecheck", "service-credit/uptime.json", uptime),
		silence(3 * time.Second),
	},
	Want: Want{
		Outcome: "partial", Rule: "last period", Settlements: 14,
		Paid: []Paid{
			{"Hana", 80_00, "credits"},         // month 1, not reported: half is 100.00, at most 80.00 a month
			{"Hana", 20_00, "credits"},         // month 3, 99.85 %
			{"Hana", 50_00, "credits"},         // month 4, 98.50 %
			{"Hana", 50_00, "credits"},         // month 5, 94.00 %: what is left of 200.00 a year
			{"Hana", 20_00, "credits"},         // month 13, 99.89 %: another year
			{"@cloudworks", 180_00, "credits"}, // what was not needed
		},
		Change: map[string]int64{"@cloudworks": -220_00, "Hana": +220_00},
	},
}

// uptime reads a monitor's report of availability, month by month in per cent.
func uptime(file []byte) ([]*pb.Statement, error) {
	var report struct {
		Generated time.Time `json:"generated_at"`
		Since     string    `json:"service_since"`
		Data      []struct {
			ID         string
			Attributes struct {
				Month        string
				Availability json.Number
			}
		}
	}
	if err := json.Unmarshal(file, &report); err != nil {
		return nil, err
	}
	since, err := time.Parse("2006-01", report.Since)
	if err != nil {
		return nil, err
	}
	var out []*pb.Statement
	for _, d := range report.Data {
		month, err := time.Parse("2006-01", d.Attributes.Month)
		if err != nil {
			return nil, err
		}
		points, err := basisPoints(d.Attributes.Availability)
		if err != nil {
			return nil, err
		}
		index := 12*(month.Year()-since.Year()) + int(month.Month()-since.Month())
		out = append(out, &pb.Statement{Kind: "uptime", At: timestamppb.New(report.Generated), Reference: d.ID,
			Values: []*pb.NamedValue{{Name: "month", Value: whole(int64(index))}, {Name: "basis_points", Value: whole(points)}}})
	}
	return out, nil
}

// basisPoints turns a decimal number of per cent into whole hundredths, without
// a floating point on the way: 99.985 is 9998.
func basisPoints(n json.Number) (int64, error) {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return 0, fmt.Errorf("%q is not a number of per cent", n)
	}
	r.Mul(r, big.NewRat(100, 1))
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64(), nil
}
