package op

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/ledger/state"
)

// aheads name rows that requests need, by request type. Package initialisation
// fills it; afterwards it is only read.
var aheads = map[protoreflect.FullName]func(by string, m Message, row func(state.Ref)){}

// Ahead says which rows a request of a party by is likely to need, so that a block's
// can be read on all cores before it is executed one by one. It is worth it for
// what comes in thousands, and where a row is needed by it alone: what many share
// is in memory. It is no part of the rules: to name too few or too many costs time.
// rows sees a request that was checked.
func Ahead[Q any, PQ interface {
	*Q
	Message
}](rows func(by string, m PQ, row func(state.Ref))) struct{} {
	name := PQ(new(Q)).ProtoReflect().Descriptor().FullName()
	if aheads[name] != nil {
		panic(fmt.Sprintf("op: %s says twice what it needs", name))
	}
	aheads[name] = func(by string, m Message, row func(state.Ref)) { rows(by, m.(PQ), row) }
	return struct{}{}
}

// Ahead names rows that the transaction's operations are likely to need.
func (t *Tx) Ahead(row func(state.Ref)) {
	for i := range t.ops {
		if rows := aheads[t.ops[i].row.Method.Input().FullName()]; rows != nil {
			rows(t.Body.Party, t.ops[i].request, row)
		}
	}
}
