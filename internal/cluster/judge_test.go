//go:build linux

package cluster

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/troth-ledger/troth/gen/pb"
)

// TestJudge: histories that no ledger may have are found, and those that it may
// have are not.
func TestJudge(t *testing.T) {
	op := func(call, done int64, in, out any) porcupine.Operation {
		return porcupine.Operation{Call: call, Return: returned(done), Input: in, Output: out}
	}
	pay := func(call, done int64, cent int64, ok bool) porcupine.Operation {
		return op(call, done, payment{0, 2, cent}, outcome{done > 0, ok, 0})
	}
	look := func(call, done int64, of int, cent int64) porcupine.Operation {
		return op(call, done, payment{from: of, to: -1}, outcome{true, true, cent})
	}
	end := func(call, done int64, wants pb.Outcome) porcupine.Operation {
		return op(call, done, ending{0, wants, false}, wants)
	}
	saw := func(call, done int64, outcome pb.Outcome) porcupine.Operation {
		return op(call, done, ending{0, outcome, true}, outcome)
	}
	type history = []porcupine.Operation
	for _, c := range []struct {
		what  string
		model porcupine.Model
		ops   history
		want  bool
	}{
		{"paid and seen", payments, history{pay(1, 2, 10, true), look(3, 4, 2, funds+10)}, true},
		{"acknowledged and lost", payments, history{pay(1, 2, 10, true), look(3, 4, 2, funds)}, false},
		{"paid twice", payments, history{pay(1, 2, 10, true), look(3, 4, 2, funds+20)}, false},
		{"refused with enough money", payments, history{pay(1, 2, 10, false)}, false},
		{"paid without enough", payments, history{pay(1, 2, 30, true), pay(3, 4, 30, true)}, false},
		{"the later of two at the same time first", payments, history{pay(1, 4, 30, false), pay(2, 5, 30, true)}, true},
		{"never answered, and happened", payments, history{pay(1, 0, 10, false), look(3, 4, 0, funds-10)}, true},
		{"never answered, and did not happen", payments, history{pay(1, 0, 10, false), look(3, 4, 0, funds)}, true},
		{"seen, and then no more", payments, history{pay(1, 0, 10, false), look(3, 4, 0, funds-10), look(5, 6, 0, funds)}, false},
		{"the first report decides", endings, history{end(1, 2, pb.Outcome_KEPT), end(3, 4, pb.Outcome_BROKEN), saw(5, 6, pb.Outcome_KEPT)}, true},
		{"the second report decides", endings, history{end(1, 2, pb.Outcome_KEPT), end(3, 4, pb.Outcome_BROKEN), saw(5, 6, pb.Outcome_BROKEN)}, false},
		{"settled twice", endings, history{end(1, 9, pb.Outcome_KEPT), end(2, 9, pb.Outcome_BROKEN), saw(3, 4, pb.Outcome_BROKEN), saw(5, 6, pb.Outcome_KEPT)}, false},
		{"reported and not settled", endings, history{end(1, 2, pb.Outcome_KEPT), saw(3, 4, pb.Outcome_GOES_ON)}, false},
	} {
		if got := porcupine.CheckOperations(c.model, c.ops); got != c.want {
			t.Errorf("%s: linearizable is %v, want %v", c.what, got, c.want)
		}
	}
}
