package op

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// effect tells which privileges a change needs.
type effect func(c *Context, ch state.Change, need func(pb.Op_Privilege))

var effects []effect

// RegisterEffect lets an area say which privileges a change of its tables
// needs.
func RegisterEffect(e func(c *Context, ch state.Change, need func(pb.Op_Privilege))) struct{} {
	effects = append(effects, e)
	return struct{}{}
}

// Needs tells which privileges a change needs.
func Needs(c *Context, ch state.Change, need func(pb.Op_Privilege)) {
	for _, e := range effects {
		e(c, ch, need)
	}
}

// checkPrivileges compares what the operation did since mark with what its row
// says it may do.
func checkPrivileges(c *Context, mark state.Mark) (err error) {
	need := func(p pb.Op_Privilege) {
		if err == nil && !slices.Contains(c.Row.May, p) {
			err = Errorf(pb.Code_PRIVILEGE, "operation %s did %s, which its row does not allow", c.Row.Name, p)
		}
	}
	for _, ch := range c.State.Since(mark) {
		Needs(c, ch, need)
	}
	return err
}
