package node

import (
	"testing"

	"github.com/troth-ledger/troth/ledger/state"
)

func TestRowID(t *testing.T) {
	for key, want := range map[state.Key]string{
		"p_abc":                            "p_abc",
		state.Join("p_abc", "EUR@bank"):    "p_abc/EUR@bank",
		state.Join("pr_abc", state.U64(3)): "pr_abc/3",
		state.Key(state.U64(29_000_000)):   "29000000",
		state.Join("p_abc", "12345678"):    "p_abc/12345678",
		state.Key("\xff\xfe"):              "fffe",
		state.Join("a", "b", "c"):          "a/b/c",
		state.Key(""):                      "",
	} {
		if got := RowID(key); got != want {
			t.Errorf("%q is shown as %q, want %q", key, got, want)
		}
	}
}

// TestRecent: the past that can be asked for is bounded in blocks and in
// bytes, and says where it begins.
func TestRecent(t *testing.T) {
	var r recent
	for h := int64(10); h < 10+recentBlocksMax+5; h++ {
		r.add(&BlockChanges{Height: h, Changes: make([]state.Change, 1), size: 1})
	}
	if r.from != 15 || len(r.blocks) != recentBlocksMax {
		t.Errorf("from %d, %d blocks", r.from, len(r.blocks))
	}
	if _, ok := r.since(14); ok {
		t.Error("a height that is gone was given")
	}
	if got, ok := r.since(1012); !ok || len(got) != 3 || got[0].Height != 1012 {
		t.Errorf("%v, %v", got, ok)
	}
	if got, ok := r.since(r.last + 7); !ok || len(got) != 0 {
		t.Errorf("the future: %v, %v", got, ok)
	}
	r.add(&BlockChanges{Height: r.last + 1, Changes: make([]state.Change, 1), size: recentBytesMax})
	if len(r.blocks) != 1 || r.from != r.last {
		t.Errorf("from %d of %d, %d blocks", r.from, r.last, len(r.blocks))
	}
	r.add(&BlockChanges{Height: r.last + 1, Changes: make([]state.Change, 1), size: recentBytesMax + 1})
	if len(r.blocks) != 0 || r.bytes != 0 || r.from != r.last+1 {
		t.Errorf("from %d of %d, %d bytes", r.from, r.last, r.bytes)
	}
	r.add(&BlockChanges{Height: r.last + 1})
	if got, ok := r.since(r.last); !ok || len(got) != 0 {
		t.Errorf("a block that changed nothing: %v, %v", got, ok)
	}
}
