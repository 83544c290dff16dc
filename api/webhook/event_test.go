package webhook

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
)

// TestVerbs: a record with a state says by the event's type where it has got to.
func TestVerbs(t *testing.T) {
	offered, active := &pb.Promise{State: pb.PromiseState_OFFERED}, &pb.Promise{State: pb.PromiseState_ACTIVE}
	settled := &pb.Promise{State: pb.PromiseState_SETTLED}
	for _, c := range []struct {
		before, after proto.Message
		want          string
	}{
		{nil, offered, "offered"},
		{nil, active, "active"},
		{active, active, "changed"},
		{active, settled, "settled"},
		{nil, &pb.Settlement{}, "created"},
		{&pb.Holding{}, &pb.Holding{}, "changed"},
		{&pb.Holding{}, nil, "removed"},
		{settled, nil, "removed"},
	} {
		if got := verb(c.before, c.after); got != c.want {
			t.Errorf("%v to %v is %s, want %s", c.before, c.after, got, c.want)
		}
	}
	for table, want := range map[string]string{"promises": "promise", "parties": "party", "attester_classes": "attester_class", "holds": "hold"} {
		if got := noun(table); got != want {
			t.Errorf("%s: %s, want %s", table, got, want)
		}
	}
}
