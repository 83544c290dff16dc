package demo

import (
	"encoding/json"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// A toaster fails and says so itself. Dora, who owns it, has registered nothing
// and claims nothing. It keeps saying so; that pays nothing more.
var toasterWarranty = Story{
	Name:     "toaster warranty",
	Template: "device-warranty",
	Roles:    map[string]string{"maker": "@crumbworks", "device": "toaster"},
	Devices:  map[string]string{"toaster": "@crumbworks"},
	Purses:   map[string]int64{"@crumbworks": 500_00, "Dora": 0_50},
	Offers:   "@crumbworks",
	Terms: func(now time.Time) Terms {
		return Terms{"refund": cents(49_90), "until": at(now.AddDate(2, 0, 0))}
	},
	Before: []Act{reserve("@crumbworks", "reserve", 500_00), sell("toaster", "Dora")},
	Acts:   []Act{carry("@swiftparcel", "toaster", "toaster/failure.json", telemetry)},
	After: []Act{
		carry("@swiftparcel", "toaster", "toaster/failure-again.json", telemetry),
		empty("@crumbworks", 450_10),
	},
	Want: Want{
		Outcome: "broken", Rule: "failed within the warranty", Settlements: 1,
		Paid:   []Paid{{"Dora", 49_90, "reserve"}},
		Change: map[string]int64{"@crumbworks": -49_90, "Dora": +49_90},
	},
}

// telemetry reads what the toaster sends: measurements, and now and then an
// event.
func telemetry(file []byte) ([]*pb.Statement, error) {
	var m struct {
		Sequence int64 `json:"seq"`
		Event    *struct {
			Type, Code string
			Time       time.Time `json:"ts"`
		}
	}
	if err := json.Unmarshal(file, &m); err != nil || m.Event == nil || m.Event.Type != "failure" {
		return nil, err
	}
	return []*pb.Statement{{Kind: "failure", At: timestamppb.New(m.Event.Time), Reference: "seq-" + strconv.FormatInt(m.Sequence, 10),
		Values: []*pb.NamedValue{{Name: "code", Value: text(m.Event.Code)}}}}, nil
}
