//go:build linux

package cluster

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/troth-ledger/troth/gen/pb"
)

// thinkLimit is how long the search for an order may take.
const thinkLimit = time.Minute

// linearizable checks what the clients saw, and nothing else, against one copy
// of the ledger that does everything at once and in one order.
//
// Writes are linearizable: a transaction takes effect at one instant between
// handing it in and its answer. A read is not: a node answers from the last
// height that it has, which may be behind another's. What is promised of a read
// is less, and checked for all of them by exact. A read through the node that
// acknowledged the reader's own transaction is linearizable with regard to the
// moment that transaction was handed in: the height read is not below the
// transaction's, and so was nowhere yet at that moment. Those reads are in the
// history with that interval.
func (l *load) linearizable() {
	l.c.t.Helper()
	var pays, ends []porcupine.Operation
	for _, s := range l.sent {
		if s.from >= 0 {
			pays = append(pays, porcupine.Operation{Input: payment{from: s.from, to: s.to, cent: s.cent}, Call: s.call, Output: outcome{s.done > 0, s.ok(), 0}, Return: returned(s.done)})
		}
	}
	reads := 0
	for _, x := range l.reads {
		if x.after != nil {
			reads++
			pays = append(pays, porcupine.Operation{Input: payment{from: x.of, to: -1}, Call: x.after.call, Output: outcome{true, true, x.cent}, Return: x.done})
		}
	}
	for n, p := range l.settled {
		for _, r := range p.rivals {
			ends = append(ends, porcupine.Operation{Input: ending{n, r.wants, false}, Call: r.sent.call, Output: r.saw, Return: returned(r.sent.done)})
			if r.done > 0 {
				ends = append(ends, porcupine.Operation{Input: ending{n, r.wants, true}, Call: r.sent.call, Output: r.saw, Return: r.done})
			}
		}
	}
	l.judge("payments", payments, pays)
	l.judge("settlements", endings, ends)
	l.c.t.Logf("linearizable: %d payments with %d reads after them, %d promises with %d reads and ends", len(pays)-reads, reads, len(l.settled), len(ends))
}

// returned is when an operation ended; one without an answer may still happen at
// any later time.
func returned(done int64) int64 {
	if done == 0 {
		return math.MaxInt64
	}
	return done
}

func (l *load) judge(what string, model porcupine.Model, history []porcupine.Operation) {
	l.c.t.Helper()
	if got := porcupine.CheckOperationsTimeout(model, history, thinkLimit); got != porcupine.Ok {
		l.c.t.Errorf("the history of %d %s is not linearizable, or that was not found out in %s: %s", len(history), what, thinkLimit, got)
		for _, x := range history {
			l.c.t.Logf("%d to %d: %s", x.Call, x.Return, model.DescribeOperation(x.Input, x.Output))
		}
	}
}

// payment is one, or where nobody is paid a look at what somebody has.
type payment struct {
	from, to int
	cent     int64
}

// outcome is what a client was told.
type outcome struct {
	known, ok bool
	cent      int64
}

// payments is what people of one group have.
var payments = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		out := make([][]porcupine.Operation, groups)
		for _, x := range history {
			g := x.Input.(payment).from % groups
			out[g] = append(out[g], x)
		}
		return out
	},
	Init: func() any { return begun() },
	Step: func(state, input, output any) (bool, any) {
		have, in, out := state.(purse), input.(payment), output.(outcome)
		if in.to < 0 {
			return have[in.from] == out.cent, have
		}
		can := have[in.from] >= in.cent
		if out.known && out.ok != can {
			return false, have
		}
		if can {
			have[in.from] -= in.cent
			have[in.to] += in.cent
		}
		return true, have
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v, told %+v", input, output) },
}

// ending is what a rival does to the promise of a number, or its look at it.
type ending struct {
	promise int
	wants   pb.Outcome
	look    bool
}

// endings is how one promise ended: the first rival decides, and it stays so.
var endings = porcupine.Model{
	Partition: func(history []porcupine.Operation) (out [][]porcupine.Operation) {
		for _, x := range history {
			n := x.Input.(ending).promise
			for len(out) <= n {
				out = append(out, nil)
			}
			out[n] = append(out[n], x)
		}
		return out
	},
	Init: func() any { return pb.Outcome_GOES_ON },
	Step: func(state, input, output any) (bool, any) {
		was, in := state.(pb.Outcome), input.(ending)
		switch {
		case in.look:
			return output.(pb.Outcome) == was, was
		case was == pb.Outcome_GOES_ON:
			return true, in.wants
		}
		return true, was
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v, saw %v", input, output) },
}
