package promise

import (
	"errors"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// compiled is a contract with the very record it was compiled from.
type compiled struct {
	template *pb.Template
	contract *contract.Contract
}

// contractOf returns the compiled template of an id. Compiling takes a
// millisecond, so it is kept beside the state for as long as the record is.
func contractOf(o *state.Overlay, id string) (*contract.Contract, error) {
	t, ok := Templates.Peek(o, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no template %q", clip(id))
	}
	memo := o.Memo()
	if k, ok := memo[id].(compiled); ok && k.template == t {
		return k.contract, nil
	}
	c, problems := contract.Compile(t)
	if c == nil {
		return nil, op.Errorf(pb.Code_BAD_TEMPLATE, "template %s no longer compiles: %s", id, problems[0].Msg)
	}
	memo[id] = compiled{t, c}
	return c, nil
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
