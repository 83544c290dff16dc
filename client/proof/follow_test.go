package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/cometbft/cometbft/crypto/ed25519"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// rotating is a chain of one validator, who has another key from each of some
// heights on. A block takes a second.
type rotating struct {
	t       *testing.T
	changes []int64
	named   map[int64]string // whom a header names for the next block, where it lies
	base    int64            // the first block that there is
	reads   int
}

// name is that of the key of a height.
func (r *rotating) name(height int64) string {
	n, _ := slices.BinarySearch(r.changes, height+1)
	return fmt.Sprint("key ", n)
}

func (r *rotating) bundle(height int64) (*pb.ProofBundle, proof.Key) {
	return r.signed(height, r.name(height))
}

// signed is the bundle of a height that a key signs, rightly or not.
func (r *rotating) signed(height int64, name string) (*pb.ProofBundle, proof.Key) {
	keys, set := council(name, 1)
	next := r.name(height + 1)
	if lie := r.named[height]; lie != "" {
		next = lie
	}
	_, nextSet := council(next, 1)
	return bundleBefore(r.t, set, nextSet, keys, height, r.time(height))
}

func (r *rotating) time(height int64) time.Time {
	return began.Add(time.Duration(height) * time.Second)
}

func (r *rotating) read(_ context.Context, height int64) (*pb.ReadHeaderResponse, error) {
	r.reads++
	if height < 1 {
		r.t.Errorf("header %d is asked for", height)
	}
	if height < r.base {
		return nil, nil
	}
	b, _ := r.bundle(height)
	return &pb.ReadHeaderResponse{SignedHeader: b.SignedHeader, Validators: b.Validators, Height: height}, nil
}

// trust is the trust in a height; in the genesis where it is 0.
func (r *rotating) trust(height int64) *proof.Trust {
	_, set := council(r.name(max(height, 1)), 1)
	now := func() time.Time { return r.time(1000).Add(time.Minute) }
	t := &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Validators: set, At: r.time(max(height, 1)), Height: height, MaxAge: 2 * time.Minute, Now: now}
	if height > 0 {
		_, next := council(r.name(height+1), 1)
		t.Next = next.Hash()
	}
	return t
}

// TestFollow: where the only validator's key changed, and changed again, trust in
// the first leads to the last, by few headers.
func TestFollow(t *testing.T) {
	for name, c := range map[string]struct {
		changes []int64
		from    int64
		base    int64
		forget  bool // the height that the trust is of
		most    int
		want    error
	}{
		"nothing changed":            {from: 5, most: 0},
		"from the genesis":           {changes: []int64{500}, most: 10},
		"from the first blocks":      {changes: []int64{3, 4, 5, 777}, most: 21},
		"from in between":            {changes: []int64{50, 500, 501, 999, 1000}, from: 100, most: 21},
		"the very next":              {changes: []int64{1000}, from: 999, most: 0},
		"the height isn't known":     {changes: []int64{50, 500}, from: 100, forget: true, most: 10},
		"it is of a late one":        {changes: []int64{400, 600, 900}, from: 700, forget: true, most: 10},
		"a node that pruned":         {changes: []int64{50, 900}, from: 100, base: 800, most: 10},
		"a node that pruned too far": {changes: []int64{50, 700}, from: 100, base: 800, most: 10, want: proof.ErrSignatures},
		"changing all the time":      {changes: every(2, 1000), from: 10, most: 256, want: proof.ErrValidators},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rotating{t: t, changes: c.changes, base: c.base}
			trust := r.trust(c.from)
			if c.forget {
				trust.Height, trust.Next = 0, nil
			}
			b, key := r.bundle(1000)
			next, err := trust.Follow(t.Context(), b, r.read)
			if !errors.Is(err, c.want) || r.reads > c.most {
				t.Fatalf("%v, want %v; %d headers, want %d at most", err, c.want, r.reads, c.most)
			}
			t.Logf("%d headers, %v", r.reads, err)
			if err != nil {
				return
			}
			if res, err := proof.Verify(b, key, next); err != nil || res.Height != 999 {
				t.Errorf("%+v, %v", res, err)
			}
			if next.MaxAge != trust.MaxAge || next.Height != 1000 && len(c.changes) > 0 {
				t.Errorf("%+v", next)
			}
		})
	}
}

// every is the heights from one to another.
func every(from, to int64) (out []int64) {
	for ; from <= to; from++ {
		out = append(out, from)
	}
	return out
}

// TestFollowNobody: whom the trusted validators neither signed for nor named, is
// not followed, wherever the node puts them.
func TestFollowNobody(t *testing.T) {
	r := &rotating{t: t, changes: []int64{500}}
	late := r.trust(100)
	late.Now = func() time.Time { return r.time(100).Add(proof.PeriodDefault + time.Minute) }
	thief, _ := r.signed(1000, "a thief")
	good, _ := r.bundle(1000)
	old := r.trust(100)
	old.Now, old.MaxAge = func() time.Time { return r.time(1000).Add(time.Hour) }, time.Minute
	for name, c := range map[string]struct {
		trust *proof.Trust
		b     *pb.ProofBundle
		read  proof.Headers
		want  error
	}{
		"a thief":                  {r.trust(100), thief, r.read, proof.ErrValidators},
		"not the one named":        {r.trust(100), good, (&rotating{t: t, changes: []int64{500}, named: map[int64]string{499: "another"}}).read, proof.ErrValidators},
		"another header":           {r.trust(100), good, func(ctx context.Context, h int64) (*pb.ReadHeaderResponse, error) { return r.read(ctx, h-1) }, proof.ErrMalformed},
		"no header":                {r.trust(100), good, func(context.Context, int64) (*pb.ReadHeaderResponse, error) { return &pb.ReadHeaderResponse{}, nil }, proof.ErrMalformed},
		"the node fails":           {r.trust(100), good, func(context.Context, int64) (*pb.ReadHeaderResponse, error) { return nil, context.Canceled }, context.Canceled},
		"after the period":         {late, good, r.read, proof.ErrStale},
		"an old header at the end": {old, good, r.read, proof.ErrStale},
	} {
		if next, err := c.trust.Follow(t.Context(), c.b, c.read); !errors.Is(err, c.want) || next != nil {
			t.Errorf("%s: %v, %v, want %v", name, next, err, c.want)
		}
	}
	// A step to the very next block asks for the one named, and for its signature.
	trust := r.trust(499)
	trust.MaxAge = 0
	next, _ := r.bundle(500)
	if _, err := trust.Step(next); err != nil {
		t.Error(err)
	}
	other, _ := r.signed(500, "a thief")
	if _, err := trust.Step(other); !errors.Is(err, proof.ErrValidators) {
		t.Errorf("another than the one named: %v", err)
	}
	_, set := council(r.name(500), 1)
	unsigned, _ := bundle(t, set, []ed25519.PrivKey{}, 500, r.time(500))
	if _, err := trust.Step(unsigned); !errors.Is(err, proof.ErrSignatures) {
		t.Errorf("the one named, who didn't sign: %v", err)
	}
}

// TestFollowRotation: on a real chain of one whose key was rotated, trust in the
// genesis, and trust that was kept, lead to the new key.
func TestFollowRotation(t *testing.T) {
	n := testnode.Start(t)
	genesis := pinned(t, n)
	b, _ := read(t, n, n.Ada.Party)
	seen, err := proof.FirstSeen(b)
	if err != nil {
		t.Fatal(err)
	}
	kept := &proof.Trust{}
	if file, err := json.Marshal(seen); err != nil || json.Unmarshal(file, kept) != nil || kept.Height != seen.Height || !bytes.Equal(kept.Next, seen.Next) || kept.Height == 0 {
		t.Fatalf("%+v is kept as %+v (%v)", seen, kept, err)
	}

	public := n.Rotate()
	b, key := read(t, n, n.Ada.Party)
	headers := func(ctx context.Context, height int64) (*pb.ReadHeaderResponse, error) {
		res, err := n.API.ReadHeader(ctx, connect.NewRequest(&pb.ReadHeaderRequest{Height: height}))
		if err != nil {
			return nil, err
		}
		return res.Msg, nil
	}
	_, set := council("nobody", 1)
	stranger := &proof.Trust{ChainID: n.ChainID, ValidatorsHash: set.Hash(), Validators: set, At: genesis.At}
	for name, c := range map[string]struct {
		trust *proof.Trust
		good  bool
	}{"the genesis": {genesis, true}, "the validators kept": {kept, true}, "a stranger": {stranger, false}} {
		if _, err := c.trust.Step(b); !errors.Is(err, proof.ErrSignatures) {
			t.Errorf("%s: stepping at once: %v", name, err)
		}
		next, err := c.trust.Follow(t.Context(), b, headers)
		if c.good != (err == nil) {
			t.Fatalf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if r, err := proof.Verify(b, key, next); err != nil || r.Validators != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if pub := next.Validators.Validators[0].PubKey.Bytes(); !bytes.Equal(pub, public) {
			t.Errorf("%s: trusting %x, the new key is %x", name, pub, public)
		}
	}
}
