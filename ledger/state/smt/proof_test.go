package smt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	ics23 "github.com/cosmos/ics23/go"
)

// fataler is what *testing.T and *rapid.T have in common here.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkProof proves key present or absent, as it is in s, verifies the proof
// with the ics23 library, and sees that it proves nothing else.
func checkProof(t fataler, snap *Snapshot, s store, key string) {
	t.Helper()
	root := snap.Root()
	proof, err := snap.Prove([]byte(key), s.preimage())
	value, present := s[key]
	if len(s) == 0 {
		if !errors.Is(err, ErrEmptyTree) {
			t.Fatalf("empty tree: error %v; want ErrEmptyTree", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("prove %q: %v", key, err)
	}
	// Over the wire and back, as a verifier would get it.
	raw, err := proof.Marshal()
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	proof = new(ics23.CommitmentProof)
	if err := proof.Unmarshal(raw); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	exists := ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, []byte(key), []byte(value))
	absent := ics23.VerifyNonMembership(ics23.SmtSpec, root[:], proof, []byte(key))
	if exists != present || absent == present {
		t.Fatalf("%q among %d keys: proven present %v, absent %v; it is present: %v", key, len(s), exists, absent, present)
	}
	other := sha256.Sum256(root[:])
	if ics23.VerifyMembership(ics23.SmtSpec, other[:], proof, []byte(key), []byte(value)) ||
		ics23.VerifyNonMembership(ics23.SmtSpec, other[:], proof, []byte(key)) {
		t.Fatalf("%q: the proof verifies under another root", key)
	}
	if !present {
		checkNeighbours(t, proof.GetNonexist(), s, key)
	}
}

// checkNeighbours compares the neighbours proven with those in sorted order.
func checkNeighbours(t fataler, proof *ics23.NonExistenceProof, s store, key string) {
	t.Helper()
	keys := sortedKeys(s.hashes())
	hash := sha256.Sum256([]byte(key))
	i, _ := slices.BinarySearchFunc(keys, hash, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	for _, n := range []struct {
		at    int
		proof *ics23.ExistenceProof
	}{{i - 1, proof.Left}, {i, proof.Right}} {
		if inside := n.at >= 0 && n.at < len(keys); inside != (n.proof != nil) {
			t.Fatalf("%q: neighbour %d of %d: proven %v", key, n.at, len(keys), n.proof != nil)
		} else if inside && sha256.Sum256(n.proof.Key) != keys[n.at] {
			t.Fatalf("%q: neighbour %d is another", key, n.at)
		}
	}
}

// Small trees have what large ones have not: bare roots, missing neighbours,
// empty siblings on every side.
func TestProofsInSmallTrees(t *testing.T) {
	for size := range 12 {
		for variant := range 20 {
			s := store{}
			for i := range size {
				s[fmt.Sprint("key", variant, i)] = fmt.Sprint("value", i)
			}
			tree := New()
			tree.Update(s.puts())
			snap := tree.Snapshot()
			for k := range s {
				checkProof(t, snap, s, k)
			}
			for i := range 50 {
				checkProof(t, snap, s, fmt.Sprint("absent", i))
			}
			snap.Release()
		}
	}
}

// Keys whose hashes agree on the first 14 bits hang from a chain of branches
// with an empty sibling, on either side.
func TestProofsBesideEmptySiblings(t *testing.T) {
	var like []string
	first := sha256.Sum256([]byte("0"))
	for i := 0; len(like) < 6; i++ {
		h := sha256.Sum256(fmt.Append(nil, i))
		if h[0] == first[0] && (h[1]^first[1])&0xfc == 0 {
			like = append(like, fmt.Sprint(i))
		}
	}
	for present := 1; present < len(like); present++ {
		s := store{}
		for _, k := range like[:present] {
			s[k] = "value"
		}
		for range 2 { // alone, then with a key elsewhere
			tree := New()
			tree.Update(s.puts())
			snap := tree.Snapshot()
			for _, k := range like {
				checkProof(t, snap, s, k)
			}
			for i := range 200 {
				checkProof(t, snap, s, fmt.Sprint("elsewhere", i))
			}
			snap.Release()
			s["elsewhere1"] = "value"
		}
	}
}

func TestProofErrors(t *testing.T) {
	s := store{"a": "1", "b": "2", "c": "3"}
	tree := New()
	tree.Update(append(s.puts(), Change{Key: sha256.Sum256([]byte("void")), Value: sha256.Sum256(nil)}))
	snap := tree.Snapshot()
	defer snap.Release()
	nothing := New().Snapshot()
	unknown := func(Hash) (k, v []byte, ok bool) { return nil, nil, false }
	wrong := func(Hash) (k, v []byte, ok bool) { return []byte("a"), []byte("9"), true }
	prove := func(s *Snapshot, key string, p Preimage) error {
		_, err := s.Prove([]byte(key), p)
		return err
	}
	member := func(key, value string) error {
		_, err := snap.ProveMembership([]byte(key), []byte(value))
		return err
	}
	_, present := snap.ProveNonMembership([]byte("a"), s.preimage())
	for _, tt := range []struct {
		name string
		got  error
		want error
	}{
		{"absence in an empty tree", prove(nothing, "a", s.preimage()), ErrEmptyTree},
		{"membership of an absent key", member("d", "4"), ErrAbsent},
		{"absence of a key there is", present, ErrPresent},
		{"membership with another value", member("a", "2"), ErrPreimage},
		{"value not known", prove(snap, "a", unknown), ErrPreimage},
		{"another value known", prove(snap, "a", wrong), ErrPreimage},
		{"neighbour not known", prove(snap, "d", unknown), ErrPreimage},
		{"neighbour has other bytes", prove(snap, "d", wrong), ErrPreimage},
		{"empty value", member("void", ""), ErrNoBytes},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: error %v; want %v", tt.name, tt.got, tt.want)
		}
	}
}

// The ics23 library appends to the prefixes it is given. A proof verified twice,
// or by two goroutines, must not change.
func TestVerifyingLeavesTheProofAlone(t *testing.T) {
	s := store{}
	for i := range 100 {
		s[fmt.Sprint(i)] = "value"
	}
	tree := New()
	tree.Update(s.puts())
	snap := tree.Snapshot()
	defer snap.Release()
	root := snap.Root()
	proof, err := snap.ProveMembership([]byte("7"), []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		go ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, []byte("7"), []byte("value"))
		if !ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, []byte("7"), []byte("value")) {
			t.Fatal("the proof does not verify")
		}
	}
	for _, op := range append(proof.GetExist().Path, &ics23.InnerOp{Prefix: proof.GetExist().Leaf.Prefix}) {
		if len(op.Prefix) != cap(op.Prefix) {
			t.Fatalf("a prefix has room for %d more bytes; appending would write there", cap(op.Prefix)-len(op.Prefix))
		}
	}
}
