package party

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

func TestForgetCost(t *testing.T) {
	s, err := state.Open(t.TempDir(), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := worldOver(t, s)
	h := int64(0)
	commit := func() {
		h++
		s.Finalize(w.o, h)
		if err := s.Commit(nil); err != nil {
			t.Fatal(err)
		}
		w.o = s.Begin()
	}
	const n = 150_000
	for i := range n {
		tx := &op.Tx{Expires: w.now, Body: &pb.TxBody{Party: fmt.Sprintf("p_%026d", i%1000), Key: binary.BigEndian.AppendUint64(nil, uint64(i))}}
		if err := Remember(w.context(), tx); err != nil {
			t.Fatal(err)
		}
		if i%10000 == 9999 {
			commit()
		}
	}
	commit()
	w.later(time.Minute)
	steps, start := 0, time.Now()
	for {
		if w.due() == 0 {
			break
		}
		commit()
		w.later(forgetPause)
		if steps++; steps%40 == 0 {
			fmt.Println(steps, time.Since(start)/40)
			start = time.Now()
		}
	}
}
