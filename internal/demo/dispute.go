package demo

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// A parcel for 90.00 that the carrier calls delivered and the buyer never saw.
// A challenge costs a bond of 10.00, of which the arbiter's fee is 4.00.
func disputed(name, buyer, tracking, file string, answerIn time.Duration, acts []Act, want Want) Story {
	return Story{
		Name:     name,
		Template: "disputed-delivery",
		Roles:    map[string]string{"seller": "@oldpages", "buyer": buyer, "carrier": "@swiftparcel", "judge": "@fairhand"},
		Purses:   map[string]int64{"@oldpages": 50_00, "@fairhand": 1_00, buyer: 120_00},
		Offers:   "@oldpages", Accepts: []string{buyer},
		Terms: func(now time.Time) Terms {
			return Terms{"tracking": text(tracking), "price": cents(90_00), "deliver_by": at(now.Add(day)), "answer": lasting(answerIn),
				"bond": cents(10_00), "fee": cents(4_00)}
		},
		Acts: append([]Act{
			webhook(easyPost, file+"-easypost.json"),
			challenge(buyer, file+"-dispute.json"),
		}, acts...),
		Want: want,
	}
}

// The seller stands by the report. The arbiter finds for the buyer.
var disputeRuled = disputed("disputed delivery, ruled", "Mira", "EZ4000000129", "disputed-delivery/ruled", 2*day,
	[]Act{answer("@oldpages"), ruling("@fairhand", "not delivered")},
	Want{
		Outcome: "broken", Rule: "not delivered", Cause: pb.Settlement_RULING,
		Paid: []Paid{
			{"Mira", 90_00, "payment"},
			{"Mira", 10_00, "#challenge"}, {"Mira", 6_00, "#answer"}, {"@fairhand", 4_00, "#answer"},
		},
		Change: map[string]int64{"Mira": +6_00, "@oldpages": -10_00, "@fairhand": +4_00},
	})

// The seller says nothing, and loses by it.
var disputeSilent = disputed("disputed delivery, silence", "Noor", "EZ4000000137", "disputed-delivery/silence", time.Second,
	[]Act{noAnswer},
	Want{
		Outcome: "broken", Rule: "not delivered", Cause: pb.Settlement_UNANSWERED,
		Paid: []Paid{{"Noor", 90_00, "payment"}, {"Noor", 10_00, "#challenge"}},
	})

// disputeReason reads a dispute in the shape of a card network's, as Stripe
// passes it on: the rule that should have fired.
func disputeReason(file []byte) (string, error) {
	var d struct{ Object, Reason string }
	if err := json.Unmarshal(file, &d); err != nil {
		return "", err
	}
	if d.Object != "dispute" || d.Reason != "product_not_received" {
		return "", fmt.Errorf("a %s because of %q is not something to challenge a delivery with", d.Object, d.Reason)
	}
	return "not delivered", nil
}
