package demo

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// A parcel: 120.00 for it, 12.00 on top if it is late or lost.
func parcelTerms(tracking string, deliverBy func(now time.Time) time.Time, grace time.Duration) func(time.Time) Terms {
	return func(now time.Time) Terms {
		return Terms{
			"tracking": text(tracking), "price": cents(120_00), "penalty": cents(12_00),
			"deliver_by": at(deliverBy(now)), "grace": lasting(grace),
		}
	}
}

// The carrier reports the delivery a day before it is due.
var parcelInTime = Story{
	Name:     "parcel delivered in time",
	Template: "parcel-by-date",
	Roles:    map[string]string{"seller": "@hearthgoods", "buyer": "Ada", "carrier": "@swiftparcel"},
	Purses:   map[string]int64{"@hearthgoods": 100_00, "Ada": 200_00},
	Offers:   "@hearthgoods", Accepts: []string{"Ada"},
	Terms: parcelTerms("JD014600003", func(now time.Time) time.Time { return now.Add(day) }, 2*day),
	Acts:  []Act{webhook(afterShip, "parcel-delivered/aftership.json")},
	Want: Want{
		Outcome: "kept", Rule: "delivered in time", Cause: pb.Settlement_FACT,
		Paid:   []Paid{{"@hearthgoods", 120_00, "payment"}, {"@hearthgoods", 12_00, "bond"}},
		Change: map[string]int64{"@hearthgoods": +120_00, "Ada": -120_00},
	},
}

// The carrier reports a delivery that was due an hour before.
var parcelLate = Story{
	Name:     "parcel late",
	Template: "parcel-by-date",
	Roles:    map[string]string{"seller": "@hearthgoods", "buyer": "Ben", "carrier": "@swiftparcel"},
	Purses:   map[string]int64{"@hearthgoods": 100_00, "Ben": 200_00},
	Offers:   "@hearthgoods", Accepts: []string{"Ben"},
	Terms: parcelTerms("EZ4000000004", func(now time.Time) time.Time { return now.Add(-time.Hour) }, 2*day),
	Acts:  []Act{webhook(easyPost, "parcel-late/easypost.json")},
	Want: Want{
		Outcome: "broken", Rule: "delivered late, or never", Cause: pb.Settlement_FACT,
		Paid:   []Paid{{"Ben", 120_00, "payment"}, {"Ben", 12_00, "bond"}},
		Change: map[string]int64{"@hearthgoods": -12_00, "Ben": +12_00},
	},
}

// Nothing arrives, neither the parcel nor a transaction from anybody: the
// deadline settles it.
var parcelLost = Story{
	Name:     "parcel lost",
	Template: "parcel-by-date",
	Roles:    map[string]string{"seller": "@hearthgoods", "buyer": "Chen", "carrier": "@swiftparcel"},
	Purses:   map[string]int64{"@hearthgoods": 100_00, "Chen": 200_00},
	Offers:   "@hearthgoods", Accepts: []string{"Chen"},
	Terms: parcelTerms("JD014600011", func(now time.Time) time.Time { return now.Add(2 * time.Second) }, time.Second),
	Acts:  []Act{silence(3 * time.Second)},
	Want: Want{
		Outcome: "broken", Rule: "delivered late, or never", Cause: pb.Settlement_DEADLINE,
		Paid:   []Paid{{"Chen", 120_00, "payment"}, {"Chen", 12_00, "bond"}},
		Change: map[string]int64{"@hearthgoods": -12_00, "Chen": +12_00},
	},
}
