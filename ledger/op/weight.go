package op

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// weightBytes is how many bytes of a request count as one operation: what is
// stored for ever is paid for by its size.
const weightBytes = 2 << 10

// weights are the weights of rows that have one of their own, by request type.
// Package initialisation fills it; afterwards it is only read.
var weights = map[protoreflect.FullName]func(Message) int{}

// Weigh says how many operations a request counts as, towards its sender's
// quota, where that is more than its size says: one for every begun 2 KiB.
// Weigh it by what it costs the chain: a hundred microseconds of execution or a
// few kilobytes of state are one. weight sees a request that was checked.
func Weigh[Q any, PQ interface {
	*Q
	Message
}](weight func(PQ) int) struct{} {
	name := PQ(new(Q)).ProtoReflect().Descriptor().FullName()
	if weights[name] != nil {
		panic(fmt.Sprintf("op: %s is weighed twice", name))
	}
	weights[name] = func(m Message) int { return weight(m.(PQ)) }
	return struct{}{}
}

// Weight is how many operations the transaction counts as.
func (t *Tx) Weight() int {
	sum := 0
	for i := range t.ops {
		sum += t.ops[i].weight
	}
	return sum
}

// weigh is the weight of a checked request of so many bytes.
func (r *Row) weigh(m Message, bytes int) int {
	n := max(1, (bytes+weightBytes-1)/weightBytes)
	if weight := weights[r.Method.Input().FullName()]; weight != nil {
		n = max(n, weight(m))
	}
	return n
}
