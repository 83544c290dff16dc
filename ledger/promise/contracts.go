package promise

import (
	"errors"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// contractsMax is how many compiled templates are kept since the last turn, and
// how many from before it. A compiled template takes some hundred kilobytes.
const contractsMax = 512

// contracts keeps compiled templates in two generations, each with the very
// record it was compiled from. When the young one is full it becomes the old
// one. What is kept never changes a result.
type contracts struct{ young, old map[string]compiled }

type compiled struct {
	template *pb.Template
	contract *contract.Contract
}

const contractsKey = "promise/contracts"

func (m *contracts) get(id string, t *pb.Template) *contract.Contract {
	k, ok := m.young[id]
	if !ok {
		if k, ok = m.old[id]; ok {
			m.put(id, k)
		}
	}
	if k.template != t {
		return nil
	}
	return k.contract
}

func (m *contracts) put(id string, k compiled) {
	if len(m.young) >= contractsMax {
		m.old, m.young = m.young, map[string]compiled{}
	}
	m.young[id] = k
}

// contractOf returns the compiled template of an id. Compiling takes a
// millisecond, so it is kept beside the state.
func contractOf(o *state.Overlay, id string) (*contract.Contract, error) {
	t, ok := Templates.Peek(o, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no template %q", clip(id))
	}
	memo := memoOf(o)
	if k := memo.get(id, t); k != nil {
		return k, nil
	}
	k, problems := contract.Compile(t)
	if k == nil {
		return nil, op.Errorf(pb.Code_BAD_TEMPLATE, "template %s no longer compiles: %s", id, problems[0].Msg)
	}
	memo.put(id, compiled{t, k})
	return k, nil
}

// remember keeps what publishing has compiled.
func remember(o *state.Overlay, t *pb.Template, k *contract.Contract) {
	memoOf(o).put(t.Id, compiled{t, k})
}

func memoOf(o *state.Overlay) *contracts {
	memo, ok := o.Memo()[contractsKey].(*contracts)
	if !ok {
		memo = &contracts{young: map[string]compiled{}}
		o.Memo()[contractsKey] = memo
	}
	return memo
}

// numbered gives an error of package contract its number.
func numbered(err error) error {
	var f *contract.Fault
	if errors.As(err, &f) {
		return op.Errorf(f.Code, "%s", f.Msg)
	}
	return err
}

// load reads a promise and its contract.
func load(c *op.Context, id string) (*pb.Promise, *contract.Contract, error) {
	p, err := Get(c.State, id)
	if err != nil {
		return nil, nil, err
	}
	k, err := contractOf(c.State, p.Template)
	return p, k, err
}
