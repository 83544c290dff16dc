package demo

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise"
)

// Two people and no company between them: the template is the commons', and
// what the job is stays between the two.
var job = Story{
	Name:      "a job between two people",
	Template:  "job-between-people",
	Publisher: "@commons",
	Roles:     map[string]string{"worker": "Olu", "customer": "Pia"},
	Purses:    map[string]int64{"Olu": 5_00, "Pia": 100_00},
	Offers:    "Olu", Accepts: []string{"Pia"},
	Terms: func(now time.Time) Terms {
		work := promise.Commitment([]byte("sixteen or more!"), text("put up the shelves in the hall"))
		return Terms{
			"job": text("shelves-0412"), "work": {Value: &pb.Value_Sealed{Sealed: work}}, "pay": cents(80_00),
			"done_by": at(now.Add(3 * day)), "free_until": at(now.Add(day)),
		}
	},
	Acts: []Act{
		report("Olu", "job/done.json", activity),
		report("Pia", "job/accepted.json", activity),
	},
	Want: Want{
		Outcome: "kept", Rule: "accepted",
		Paid:   []Paid{{"Olu", 80_00, "wage"}},
		Change: map[string]int64{"Olu": +80_00, "Pia": -80_00},
	},
}

// activities are what the two may say, by the word of the W3C's Activity
// Streams for it.
var activities = map[string]string{"Announce": "done", "Accept": "accepted", "Reject": "refused"}

func activity(file []byte) ([]*pb.Statement, error) {
	var a struct {
		ID, Type  string
		Published time.Time
	}
	if err := json.Unmarshal(file, &a); err != nil {
		return nil, err
	}
	kind, ok := activities[a.Type]
	if !ok {
		return nil, fmt.Errorf("the activity %q says nothing about a job", a.Type)
	}
	return []*pb.Statement{{Kind: kind, At: timestamppb.New(a.Published), Reference: a.ID}}, nil
}
