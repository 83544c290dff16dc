package demo

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// The line works nine days before its date, and the provider is paid then.
var lineEarly = Story{
	Name:     "internet line, early",
	Template: "service-activation",
	Roles:    map[string]string{"provider": "@brightline", "customer": "Femi", "network": "@linecheck"},
	Purses:   map[string]int64{"@brightline": 20_00, "Femi": 60_00},
	Offers:   "@brightline", Accepts: []string{"Femi"},
	Terms: func(now time.Time) Terms {
		return Terms{"line": text("LN-4471"), "price": cents(59_00), "compensation": cents(20_00), "activate_by": at(now.Add(9 * day))}
	},
	Acts: []Act{report("@linecheck", "internet-line/activated.json", serviceState)},
	Want: Want{
		Outcome: "kept", Rule: "activated in time", Cause: pb.Settlement_FACT,
		Paid:   []Paid{{"@brightline", 59_00, "payment"}, {"@brightline", 20_00, "bond"}},
		Change: map[string]int64{"@brightline": +59_00, "Femi": -59_00},
	},
}

// The line is only designed when its date passes.
var lineMissed = Story{
	Name:     "internet line, missed",
	Template: "service-activation",
	Roles:    map[string]string{"provider": "@brightline", "customer": "Gil", "network": "@linecheck"},
	Purses:   map[string]int64{"@brightline": 20_00, "Gil": 60_00},
	Offers:   "@brightline", Accepts: []string{"Gil"},
	Terms: func(now time.Time) Terms {
		return Terms{"line": text("LN-5120"), "price": cents(59_00), "compensation": cents(20_00),
			"activate_by": at(now.Add(2 * time.Second)), "grace": lasting(time.Second)}
	},
	Acts: []Act{
		report("@linecheck", "internet-line/designed.json", serviceState),
		silence(3 * time.Second),
	},
	Want: Want{
		Outcome: "broken", Rule: "not activated in time", Cause: pb.Settlement_DEADLINE,
		Paid:   []Paid{{"Gil", 59_00, "payment"}, {"Gil", 20_00, "bond"}},
		Change: map[string]int64{"@brightline": -20_00, "Gil": +20_00},
	},
}

// serviceState reads a TM Forum event about a service: one that became active
// counts.
func serviceState(file []byte) ([]*pb.Statement, error) {
	var e struct {
		ID    string    `json:"eventId"`
		Time  time.Time `json:"eventTime"`
		Type  string    `json:"eventType"`
		Event struct {
			Service struct{ ID, State string }
		}
	}
	err := json.Unmarshal(file, &e)
	if err != nil || e.Type != "ServiceStateChangeEvent" || e.Event.Service.State != "active" {
		return nil, err
	}
	return []*pb.Statement{{Subject: "line:" + e.Event.Service.ID, Kind: "activated", At: timestamppb.New(e.Time), Reference: e.ID}}, nil
}
