package node

import (
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/troth-ledger/troth/ledger/op"
)

func insert(raw []byte) *abci.RequestInsertTx { return &abci.RequestInsertTx{Tx: raw} }

func waiting(id byte) *op.Tx { return &op.Tx{ID: op.ID{id}} }

func TestPool(t *testing.T) {
	p := newPool(4, 1000)
	for i := range byte(4) {
		if !p.add([]byte{i, i}, waiting(i)) {
			t.Fatalf("%d was refused", i)
		}
	}
	if p.add([]byte("e"), waiting(9)) {
		t.Fatal("a full pool took one more")
	}
	if !p.add([]byte{1, 1}, waiting(1)) {
		t.Fatal("one that is there already was refused")
	}
	if got := fmt.Sprint(p.ungossiped(4)); got != "[[0 0] [1 1]]" {
		t.Fatalf("gossip %s", got)
	}
	p.remove([]op.ID{{0}, {2}, {77}})
	if got := fmt.Sprint(p.ungossiped(100)); got != "[[3 3]]" {
		t.Fatalf("gossip %s", got)
	}
	if first := p.first(10, 100); len(first) != 2 || p.bytes != 4 || first[0].tx.ID != (op.ID{1}) {
		t.Fatalf("%d left with %d bytes", len(first), p.bytes)
	}
	if n := len(p.first(10, 12)); n != 1 {
		t.Fatalf("%d fit in 12 bytes, want 1", n)
	}
}

func TestPoolTwins(t *testing.T) {
	p := newPool(10, 1000)
	for _, raw := range []string{"a", "bb", "ccc", "dddd"} {
		if !p.add([]byte(raw), waiting(1)) {
			t.Fatalf("%s was refused", raw)
		}
	}
	if p.add([]byte("eeeee"), waiting(1)) {
		t.Fatal("one body fills the pool")
	}
	all := p.first(10, 1000)
	if last := p.drop(all[:2]); last[0] || last[1] {
		t.Fatal("two are left")
	}
	if known := p.known([]byte("ccc")); known != nil {
		t.Fatal("bytes that are no transaction are known")
	}
	if last := p.drop(all[2:]); last[0] == last[1] || p.len() != 0 || p.bytes != 0 || len(p.by) != 0 {
		t.Fatalf("last %v, %d left with %d bytes", last, p.len(), p.bytes)
	}
	p.add([]byte("a"), waiting(1))
	p.add([]byte("b"), waiting(1))
	p.remove([]op.ID{{1}})
	if p.len() != 0 || p.bytes != 0 || len(p.by) != 0 {
		t.Fatalf("%d left", p.len())
	}
}
