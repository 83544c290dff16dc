package demo

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// Twenty euros of porcelain with a logger in the box, which signs what it
// records. Each shock above 3 g takes 2.50 off.
func fragile(name, tracking, file string, seller, buyer int64) Story {
	return Story{
		Name:     name,
		Template: "fragile-goods",
		Roles:    map[string]string{"seller": "@claywares", "buyer": "Kofi", "carrier": "@swiftparcel", "sensor": "logger"},
		Devices:  map[string]string{"logger": "@claywares"},
		Purses:   map[string]int64{"@claywares": 1_00, "Kofi": 30_00},
		Offers:   "@claywares", Accepts: []string{"Kofi"},
		Terms: func(now time.Time) Terms {
			return Terms{"tracking": text(tracking), "price": cents(20_00), "per_shock": cents(2_50), "force_max": whole(3000),
				"deliver_by": at(now.Add(day))}
		},
		Acts: []Act{
			carry("@swiftparcel", "logger", file+".json", shocks),
			webhook(easyPost, file+"-easypost.json"),
		},
		Want: Want{
			Outcome: "partial", Rule: "delivered with shocks",
			Paid:   paidAbove0(Paid{"@claywares", seller, "payment"}, Paid{"Kofi", buyer, "payment"}),
			Change: map[string]int64{"@claywares": seller, "Kofi": -seller},
		},
	}
}

// Three of five shocks count; nine would cost more than the goods.
var (
	fragileShaken  = fragile("fragile goods", "EZ4000000087", "fragile-goods/three-shocks", 12_50, 7_50)
	fragileThrough = fragile("fragile goods, down to nothing", "EZ4000000095", "fragile-goods/nine-shocks", 0, 20_00)
)

// Cheese for 800.00 that has to stay between 2 and 8 degrees. One excursion is
// tolerated, for a quarter of the price.
var perishable = Story{
	Name:     "perishable goods",
	Template: "perishable-goods",
	Roles:    map[string]string{"seller": "@freshfield", "buyer": "Lena", "carrier": "@swiftparcel", "sensor": "tracker"},
	Devices:  map[string]string{"tracker": "@freshfield"},
	Purses:   map[string]int64{"@freshfield": 1_00, "Lena": 900_00},
	Offers:   "@freshfield", Accepts: []string{"Lena"},
	Terms: func(now time.Time) Terms {
		return Terms{"shipment": text("SHP-2209"), "price": cents(800_00), "cold": whole(20), "warm": whole(80), "humid": whole(85),
			"tolerated": whole(1), "deliver_by": at(now.Add(day))}
	},
	Acts: []Act{
		carry("@swiftparcel", "tracker", "perishable-goods/tracker.json", climate),
		webhook(freight, "perishable-goods/aftership.json"),
	},
	Want: Want{
		Outcome: "partial", Rule: "delivered after excursions",
		Paid:   []Paid{{"@freshfield", 600_00, "payment"}, {"Lena", 200_00, "payment"}},
		Change: map[string]int64{"@freshfield": +600_00, "Lena": -600_00},
	},
}

// reading is one reading of a tracker in a shipment, in the shape of Tive's.
type reading struct {
	Entry         string    `json:"EntryId"`
	Time          time.Time `json:"EntryTimeUtc"`
	Temperature   struct{ Celsius float64 }
	Humidity      struct{ Percentage float64 }
	Accelerometer struct{ G float64 }
}

// shocks reads the force of each reading, in thousandths of g.
func shocks(file []byte) ([]*pb.Statement, error) {
	return readings(file, "shock", func(r *reading) []*pb.NamedValue {
		return []*pb.NamedValue{{Name: "force", Value: whole(parts(r.Accelerometer.G, 1000))}}
	})
}

// climate reads temperature, in tenths of a degree, and humidity.
func climate(file []byte) ([]*pb.Statement, error) {
	return readings(file, "climate", func(r *reading) []*pb.NamedValue {
		return []*pb.NamedValue{
			{Name: "tenths", Value: whole(parts(r.Temperature.Celsius, 10))},
			{Name: "humidity", Value: whole(parts(r.Humidity.Percentage, 1))},
		}
	})
}

// parts rounds a measurement to whole parts of its unit.
func parts(measured, each float64) int64 { return int64(math.Round(measured * each)) }

func readings(file []byte, kind string, values func(*reading) []*pb.NamedValue) ([]*pb.Statement, error) {
	var list []reading
	if err := json.Unmarshal(file, &list); err != nil {
		return nil, err
	}
	var out []*pb.Statement
	for i := range list {
		if list[i].Time.IsZero() {
			return nil, fmt.Errorf("reading %q has no time", list[i].Entry)
		}
		out = append(out, &pb.Statement{Kind: kind, At: timestamppb.New(list[i].Time), Reference: list[i].Entry, Values: values(&list[i])})
	}
	return out, nil
}

// paidAbove0 leaves out payouts of nothing, as rows do.
func paidAbove0(all ...Paid) (out []Paid) {
	for _, p := range all {
		if p.Cents > 0 {
			out = append(out, p)
		}
	}
	return out
}
