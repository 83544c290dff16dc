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

// counts is the one row that counts facts.
var counts = state.NewTable[pb.FactCount](32, "fact_counts", nil)

const countKey state.Key = "facts"

// FactsBySubject finds facts in the order of their arrival. The place is the
// subject, a zero byte and the fact's number.
var FactsBySubject = state.NewIndex(Facts, 30, "facts_by_subject", func(_ state.Key, f *pb.Fact) []string {
	return []string{string(state.Join(f.Statement.Subject, state.U64(f.Seq)))}
})

// FactsByAttester finds facts in the order of their arrival. The place is the
// attester, a zero byte and the fact's number.
var FactsByAttester = state.NewIndex(Facts, 31, "facts_by_attester", func(_ state.Key, f *pb.Fact) []string {
	return []string{string(state.Join(f.Attester, state.U64(f.Seq)))}
})

// ClassesByOwner finds attester classes. The place is the owner.
var ClassesByOwner = state.NewIndex(Classes, 32, "attester_classes_by_owner", func(_ state.Key, k *pb.AttesterClass) []string {
	return []string{k.Owner}
})

// Count is how many facts there are: the number of the last.
func Count(r state.Reader) uint64 {
	n, _ := counts.Peek(r, countKey)
	return n.GetFacts()
}

// next is the number of a new fact. One counter for the chain, and not one for
// each subject: a block writes its row once, however many facts it has.
func next(o *state.Overlay) uint64 {
	n := Count(o) + 1
	counts.Put(o, countKey, &pb.FactCount{Facts: n})
	return n
}

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
