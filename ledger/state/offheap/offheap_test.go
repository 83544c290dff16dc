package offheap

import (
	"runtime"
	"testing"
)

type pair struct {
	name [3]byte
	n    uint32
}

// TestItems: items are zero, lie as the type says, and keep what is written.
func TestItems(t *testing.T) {
	const n = 100_000
	p := New[pair](n)
	if p == nil {
		if runtime.GOOS == "linux" {
			t.Fatal("the system gives no memory")
		}
		return
	}
	if len(p.Items) != n || p.Items[n-1] != (pair{}) {
		t.Fatalf("%d items, the last %v", len(p.Items), p.Items[n-1])
	}
	for i := range p.Items {
		p.Items[i] = pair{[3]byte{byte(i)}, uint32(i)}
	}
	runtime.GC()
	for i, x := range p.Items {
		if x != (pair{[3]byte{byte(i)}, uint32(i)}) {
			t.Fatalf("item %d is %v", i, x)
		}
	}
}

// TestNone: no memory for nothing, and an error in the program where the collector
// would lose what items lead to.
func TestNone(t *testing.T) {
	if New[pair](0) != nil {
		t.Error("a piece of nothing")
	}
	defer func() {
		if recover() == nil {
			t.Error("items with pointers")
		}
	}()
	New[struct{ a, b *pair }](1)
}
