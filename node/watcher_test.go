package node

import (
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// changed is what a block with n changed holdings changed.
func changed(t testing.TB, height int64, n int) *BlockChanges {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o := s.Begin()
	mark := o.Mark()
	for i := range n {
		who := op.MakeID("p", []byte{byte(i), byte(i >> 8)})
		asset.Holdings.Put(o, asset.HoldingKey(who, "EUR@bank"), &pb.Holding{Party: who, Asset: "EUR@bank", Available: int64(i)})
	}
	return newBlockChanges(height, nil, o.Since(mark))
}

// TestSlowWatchers: who falls too far behind, in blocks or in bytes, is told
// off; the others go on, and empty blocks count for nothing.
func TestSlowWatchers(t *testing.T) {
	block := changed(t, 1, 10)
	for name, c := range map[string]struct {
		max  Lag
		want int
	}{
		"blocks":                  {Lag{Blocks: 3, Bytes: 1 << 30}, 3},
		"bytes":                   {Lag{Blocks: 100, Bytes: 2 * block.size}, 2},
		"one however large":       {Lag{Blocks: 100, Bytes: 1}, 1},
		"bytes that aren't whole": {Lag{Blocks: 100, Bytes: 3*block.size - 1}, 2},
	} {
		h := newHub()
		slow, quick := h.join(c.max), h.join(c.max)
		for i := range 10 {
			h.tellWatchers(block)
			h.tellWatchers(&BlockChanges{Height: int64(i)})
			if b, ok := <-quick.Blocks(); !ok || b != block {
				t.Fatalf("%s: who keeps up got %v, %v", name, b, ok)
			}
		}
		n := 0
		for range slow.Blocks() {
			n++
		}
		if n != c.want {
			t.Errorf("%s: %d blocks before it was told off, want %d", name, n, c.want)
		}
		if len(h.watchers) != 1 {
			t.Errorf("%s: %d watchers are left", name, len(h.watchers))
		}
	}
}

// TestAbout: ids and tables choose rows, each once, and watchers share them.
func TestAbout(t *testing.T) {
	b := changed(t, 1, 5)
	all := b.About(nil, nil)
	if len(all) != 5 {
		t.Fatalf("%d rows", len(all))
	}
	who := all[3].Id[:len(all[3].Id)-len("/EUR@bank")]
	for name, c := range map[string]struct {
		ids    []string
		tables map[string]bool
		want   int
	}{
		"a party":                      {[]string{who}, nil, 1},
		"a party, named twice":         {[]string{who, who, all[3].Id}, nil, 1},
		"a row and a party":            {[]string{all[0].Id, who}, nil, 2},
		"another table":                {[]string{who}, map[string]bool{"facts": true}, 0},
		"the table":                    {nil, map[string]bool{"holdings": true}, 5},
		"nobody":                       {[]string{"p_x"}, nil, 0},
		"the party, in several tables": {[]string{who}, map[string]bool{"facts": true, "holdings": true}, 1},
	} {
		got := b.About(c.ids, c.tables)
		if len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if len(got) > 0 && got[0] != all[0] && got[0] != all[3] {
			t.Errorf("%s: the row was made anew", name)
		}
	}
}

func TestCheckTables(t *testing.T) {
	if err := CheckTables([]string{"holdings", "promises"}); err != nil {
		t.Error(err)
	}
	if err := CheckTables([]string{"holdings", "holding"}); op.CodeOf(err) != pb.Code_INVALID {
		t.Error(err)
	}
}

// BenchmarkWatch is what a block of 2,000 changed holdings costs with 100
// watchers, 90 of one party each and 10 of everything.
func BenchmarkWatch(b *testing.B) {
	proto := changed(b, 1, 2000)
	rows := proto.About(nil, nil)
	for b.Loop() {
		block := newBlockChanges(1, nil, proto.Changes)
		for i := range 100 {
			var ids []string
			if i%10 > 0 {
				ids = []string{rows[i].Id}
			}
			block.About(ids, nil)
		}
	}
}
