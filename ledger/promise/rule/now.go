package rule

import (
	"errors"
	"math"
	"reflect"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// nowType is a type of its own rather than a timestamp, so that the checker
// refuses every use of now but the comparisons declared in ops.go.
var nowType = types.NewOpaqueType("troth.Now")

// nowVal is block time, and the record of every comparison made with it.
//
// Why recording only the comparisons that were evaluated is exact: now enters
// an expression through nothing but the booleans of those comparisons, and
// evaluation is deterministic. Until the first recorded comparison flips, each
// evaluated comparison gives the boolean it gave, so evaluation takes the same
// path, skips the same operands and ends in the same value or error. A
// comparison that was short-circuited therefore cannot matter before a
// recorded one flips or a fact arrives, and either brings a new evaluation,
// which records afresh. Absorbed errors make no difference: the operand that
// failed reads no clock, so it fails again.
type nowVal struct {
	at    time.Time
	nanos int64
	wake  int64
	wakes bool
}

func (n *nowVal) set(nanos int64) {
	*n = nowVal{at: time.Unix(0, nanos).UTC(), nanos: nanos}
}

func (n *nowVal) wakeAt(t int64) {
	if t > n.nanos && (!n.wakes || t < n.wake) {
		n.wake, n.wakes = t, true
	}
}

func (n *nowVal) Type() ref.Type { return nowType }
func (n *nowVal) Value() any     { return n }

func (n *nowVal) Equal(other ref.Val) ref.Val { return types.NewErr("now can only be compared") }

func (n *nowVal) ConvertToNative(t reflect.Type) (any, error) {
	return nil, errors.New("now has no native form")
}

func (n *nowVal) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("now can only be compared")
}

// cmpOp is one of the four orderings.
type cmpOp uint8

const (
	opLess cmpOp = iota
	opLessEq
	opGreater
	opGreaterEq
)

// mirror is the operator with its operands exchanged.
func (op cmpOp) mirror() cmpOp { return [...]cmpOp{opGreater, opGreaterEq, opLess, opLessEq}[op] }

// holds reports whether the operator is true of operands that compare as c.
func (op cmpOp) holds(c int) bool {
	switch op {
	case opLess:
		return c < 0
	case opLessEq:
		return c <= 0
	case opGreater:
		return c > 0
	}
	return c >= 0
}

// compare evaluates "now op x" and records when it flips. Time only goes up,
// so each comparison flips once: < and >= at x itself, <= and > one nanosecond
// later. An x outside int64 nanoseconds is never reached, or long past.
func (n *nowVal) compare(op cmpOp, x time.Time) bool {
	if nanos, ok := nanosOf(x); ok {
		switch {
		case op == opLess || op == opGreaterEq:
			n.wakeAt(nanos)
		case nanos < math.MaxInt64:
			n.wakeAt(nanos + 1)
		}
	}
	return op.holds(n.at.Compare(x))
}

// nowFirst is the overload of op on (now, time).
func nowFirst(op cmpOp) func(l, r ref.Val) ref.Val {
	return func(l, r ref.Val) ref.Val {
		n, nok := l.(*nowVal)
		x, xok := r.(types.Timestamp)
		if !nok || !xok {
			return types.NewErr("not a comparison of now with a time")
		}
		return types.Bool(n.compare(op, x.Time))
	}
}

// nowLast is the overload of op on (time, now).
func nowLast(op cmpOp) func(l, r ref.Val) ref.Val {
	first := nowFirst(op.mirror())
	return func(l, r ref.Val) ref.Val { return first(r, l) }
}

// ordering is the overload of op on two values of one type that orders itself.
func ordering(op cmpOp) func(l, r ref.Val) ref.Val {
	return func(l, r ref.Val) ref.Val {
		return orderResult(op, l.(traits.Comparer).Compare(r))
	}
}

// amountOrdering is the overload of op on two amounts.
func amountOrdering(op cmpOp) func(l, r ref.Val) ref.Val {
	return func(l, r ref.Val) ref.Val { return orderResult(op, compareAmount(l, r)) }
}

func orderResult(op cmpOp, c ref.Val) ref.Val {
	n, ok := c.(types.Int)
	if !ok {
		return c // an error value
	}
	return types.Bool(op.holds(int(n)))
}
