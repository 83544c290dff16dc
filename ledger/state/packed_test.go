package state

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestPacked holds a small ring to a map: what it knows is right, and of a table that
// is whole it knows everything.
func TestPacked(t *testing.T) {
	laps := 0
	rapid.Check(t, func(t *rapid.T) {
		p := newPacked(packedMin, true)
		p.ring = p.ring[:rapid.SampledFrom([]int{8 << 10, 16 << 10, 1 << 20}).Draw(t, "ring")]
		p.places = p.places[:8*rapid.SampledFrom([]int{32, 256}).Draw(t, "places")]
		model := map[byte]map[Key]string{1: {}, 2: {}}
		key := rapid.Custom(func(t *rapid.T) Key { return Key(fmt.Sprint(rapid.IntRange(0, 120).Draw(t, "key"))) })
		check := func(table byte, k Key) {
			got, known := p.get(&spec{id: table}, k)
			want, there := model[table][k]
			if known && (there != (got != nil) || string(got) != want) {
				t.Fatalf("table %d: %q is %q, want %q", table, k, got, want)
			}
		}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			table, k := rapid.SampledFrom([]byte{1, 2}).Draw(t, "table"), key.Draw(t, "key")
			if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				p.put(&spec{id: table}, k, nil)
				delete(model[table], k)
			} else {
				n := rapid.SampledFrom([]int{1, 10, 100, 1000, 4000, 5000}).Draw(t, "size")
				v := fmt.Sprintf("%0*d", n, rapid.IntRange(0, 9).Draw(t, "value"))
				p.put(&spec{id: table}, k, []byte(v))
				model[table][k] = v
			}
			check(table, k)
			check(table, key.Draw(t, "other"))
		}
		n := 0
		for i := range p.mask() + 1 {
			if p.place(i) != 0 {
				n++
			}
		}
		if n != p.used || n > len(p.places)/8*3/4 {
			t.Fatalf("%d places of %d are used, counted %d", n, len(p.places)/8, p.used)
		}
		for table, rows := range model {
			for k := range rows {
				check(table, k)
			}
		}
		if p.limit >= 0 {
			laps++
		}
	})
	if laps == 0 {
		t.Error("no ring was ever full")
	}
}

// TestPackedWhole: what fits is there in the end.
func TestPackedWhole(t *testing.T) {
	p := newPacked(packedMin, true)
	table := &spec{id: 7}
	for lap := range 20 { // in the same room
		for i := range 5000 {
			p.put(table, Key(fmt.Sprint("row ", i)), fmt.Appendf(nil, "%d of lap %d", i, lap%10))
		}
	}
	for i := range 5000 {
		if v, known := p.get(table, Key(fmt.Sprint("row ", i))); !known || string(v) != fmt.Sprintf("%d of lap 9", i) {
			t.Fatalf("row %d is %q, %v", i, v, known)
		}
	}
	if v, known := p.get(table, "another"); !known || v != nil {
		t.Fatalf("another row: %q, %v", v, known)
	}
	if newPacked(packedMin-1, true) != nil {
		t.Fatal("kept in no memory")
	}
}

func BenchmarkPacked(b *testing.B) {
	const rows = 1 << 20
	p := newPacked(256<<20, true)
	table, value := &spec{id: 7}, make([]byte, 60)
	keys := make([]Key, rows)
	for i := range keys {
		keys[i] = Key(fmt.Sprintf("p_%026d", i*7919))
		p.put(table, keys[i], value)
	}
	b.Run("get", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			p.get(table, keys[i*104729%rows])
		}
	})
	b.Run("put", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			p.put(table, keys[i*104729%rows], value)
		}
	})
}
