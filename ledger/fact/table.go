package fact

import (
	"iter"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Facts holds every fact by its id.
var Facts = state.NewTable[pb.Fact](30, "facts", func(f *pb.Fact) []string {
	return []string{f.Id, f.Statement.Subject, f.Attester}
})

// Classes holds the attester classes by their id, `name@handle`.
var Classes = state.NewTable[pb.AttesterClass](31, "attester_classes", func(k *pb.AttesterClass) []string {
	return []string{k.Id, k.Owner}
})

// FactsBySubject finds facts in the order of their arrival. The place is the
// subject, a zero byte and the block time. Among facts of one block the order
// is that of their ids: a fact does not record its position in the block.
var FactsBySubject = state.NewIndex(Facts, 30, "facts_by_subject", func(_ state.Key, f *pb.Fact) []string {
	return []string{string(state.Join(f.Statement.Subject, state.At(f.Arrived.AsTime())))}
})

// FactsByAttester finds facts in the order of their arrival. The place is the
// attester, a zero byte and the block time.
var FactsByAttester = state.NewIndex(Facts, 31, "facts_by_attester", func(_ state.Key, f *pb.Fact) []string {
	return []string{string(state.Join(f.Attester, state.At(f.Arrived.AsTime())))}
})

// ClassesByOwner finds attester classes. The place is the owner.
var ClassesByOwner = state.NewIndex(Classes, 32, "attester_classes_by_owner", func(_ state.Key, k *pb.AttesterClass) []string {
	return []string{k.Owner}
})

// Get returns a fact, not to be changed, or NOT_FOUND.
func Get(r state.Reader, id string) (*pb.Fact, error) {
	f, ok := Facts.Peek(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no fact %.60q", id)
	}
	return f, nil
}

// About yields the facts about a subject, superseded ones too, in the order of
// their arrival. They are not to be changed. How many there are has no bound:
// the caller sets one.
func About(r state.Reader, subject string) iter.Seq[*pb.Fact] {
	return func(yield func(*pb.Fact) bool) {
		for _, k := range FactsBySubject.Keys(r, subject+"\x00", "") {
			if f, ok := Facts.Peek(r, k); ok && !yield(f) {
				return
			}
		}
	}
}
