package fact

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// hooks hear of new facts. Package initialisation fills it.
var hooks []func(c *op.Context, f *pb.Fact) error

// OnNew registers what is called for each new fact, once it is on the ledger:
// corrections and withdrawals too, whose Supersedes names the old fact, already
// marked. The fact is not to be changed. An error refuses the operation.
func OnNew(hook func(c *op.Context, f *pb.Fact) error) struct{} {
	hooks = append(hooks, hook)
	return struct{}{}
}

// Supersedes is the id of the fact that this one corrects or withdraws; empty
// for none.
func Supersedes(f *pb.Fact) string {
	if s := f.Statement; s.Corrects != "" {
		return s.Corrects
	}
	return f.Statement.Withdraws
}

// record makes a statement a fact and returns its id. A statement that was a
// fact already has its id again, and nothing happens.
//
// It returns NOT_FOUND, NOT_YOURS, WRONG_STATE, INVALID or SUPERSEDED for the
// fact to be superseded, FACT_IN_FUTURE, or what a hook returned.
func record(c *op.Context, attester string, s *pb.Statement, encoded []byte) (string, error) {
	id := ID(attester, encoded)
	if Facts.Has(c.State, state.Key(id)) {
		return id, nil
	}
	f := &pb.Fact{Id: id, Attester: attester, Statement: s, Arrived: c.Time()}
	old, err := superseded(c.State, f)
	if err != nil && op.CodeOf(err) < pb.Code_FACT_IN_FUTURE {
		return "", err
	}
	if ahead := c.Params.FactAheadMax.AsDuration(); s.At.AsTime().After(c.Now.Add(ahead)) {
		return "", op.Errorf(pb.Code_FACT_IN_FUTURE, "the fact is of %s, more than %s ahead of block time %s",
			s.At.AsTime().Format(time.RFC3339Nano), ahead, c.Now.UTC().Format(time.RFC3339Nano))
	}
	if err != nil {
		return "", err
	}
	if old != nil {
		old.SupersededBy = id
		Facts.Put(c.State, state.Key(old.Id), old)
	}
	f.Seq = next(c.State)
	Facts.Put(c.State, state.Key(id), f)
	for _, hook := range hooks {
		if err := hook(c, f); err != nil {
			return "", err
		}
	}
	return id, nil
}

// superseded returns the fact that f supersedes, to be changed; nil for none.
func superseded(r state.Reader, f *pb.Fact) (*pb.Fact, error) {
	id := Supersedes(f)
	if id == "" {
		return nil, nil
	}
	old, ok := Facts.Get(r, state.Key(id))
	switch {
	case !ok:
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no fact %s to correct or withdraw", id)
	case old.Statement.Subject != f.Statement.Subject:
		return nil, op.Errorf(pb.Code_INVALID, "fact %s is about %s, and what supersedes it must be too, not about %s", id, old.Statement.Subject, f.Statement.Subject)
	case old.Statement.Promise != f.Statement.Promise:
		return nil, op.Errorf(pb.Code_INVALID, "fact %s is meant for promise %q, and what supersedes it must be too, not for %q", id, old.Statement.Promise, f.Statement.Promise)
	case old.Attester != f.Attester:
		return nil, op.Errorf(pb.Code_NOT_YOURS, "fact %s was stated by %s; %s can neither correct nor withdraw it", id, old.Attester, f.Attester)
	case old.Statement.Withdraws != "":
		return nil, op.Errorf(pb.Code_WRONG_STATE, "fact %s is a withdrawal, which stands; state anew what happened", id)
	case old.SupersededBy != "":
		return nil, op.Errorf(pb.Code_SUPERSEDED, "fact %s was superseded by %s, which can be corrected instead", id, old.SupersededBy)
	}
	return old, nil
}
