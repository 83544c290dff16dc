package proof

import (
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
)

// followMax is how many headers Follow reads at most. A change of all validators
// takes two for each doubling of the blocks since; a node that shows more than
// this is one to ask no further.
const followMax = 256

// Headers reads the signed header of a block, and who signed it, as ReadHeader
// does. Whoever answers need not be trusted. It returns nil where the block is
// gone, as from a node that prunes.
type Headers func(ctx context.Context, height int64) (*pb.ReadHeaderResponse, error)

// Follow is Step by way of headers in between, where too much changed at once:
// the only validator of a chain got another key, say. It halves the way until a
// step is possible, at the last to the very next block, whose validators its
// predecessor's header names.
//
// Every step rests on validators trusted by then, so what is trusted is what was
// trusted before: that less than a third of the power lies, and on a chain of
// one, that its key was nobody else's for as long as Period counts.
func (t *Trust) Follow(ctx context.Context, b *pb.ProofBundle, read Headers) (*Trust, error) {
	h, vals, err := open(b)
	if err != nil {
		return nil, err
	}
	from := *t
	from.MaxAge = 0 // what is in between is as old as it is
	low := t.Height // where the way in between begins
	gone := false
	way := []lightBlock{{h, vals}}
	for reads := 0; len(way) > 0; {
		to := way[len(way)-1]
		next, err := from.step(to.header, to.vals)
		if err == nil {
			from, low, way = *next, max(low, to.header.Height), way[:len(way)-1]
			continue
		}
		if !errors.Is(err, errTooFew) {
			return nil, err
		}
		if to.header.Height <= low+1 {
			if gone {
				err = fmt.Errorf("%w; the headers from block %d to %d are gone here: ask a node that keeps older blocks, or pin the present validators anew", err, from.Height+1, low)
			}
			return nil, err
		}
		if reads++; reads > followMax {
			return nil, fmt.Errorf("%w: the validators changed too often for %d headers to follow them; pin the present ones anew", ErrValidators, followMax)
		}
		middle := low + (to.header.Height-low)/2
		between, err := readBlock(ctx, read, middle)
		switch {
		case err != nil:
			return nil, err
		case between.header == nil:
			low, gone = middle, true
		case !between.header.Time.After(from.At):
			low = middle // it isn't known of which height the trust is, and it is of a later one
		default:
			way = append(way, between)
		}
	}
	from.MaxAge = t.MaxAge
	if err := checkHeader(h, vals, &from); err != nil {
		return nil, err
	}
	return &from, nil
}

// lightBlock is a header with its signatures and who may have signed it.
type lightBlock struct {
	header *types.SignedHeader
	vals   *types.ValidatorSet
}

// readBlock reads what isn't trusted yet; nothing where the block is gone.
func readBlock(ctx context.Context, read Headers, height int64) (b lightBlock, err error) {
	r, err := read(ctx, height)
	if err != nil {
		return b, fmt.Errorf("following the validators: header %d: %w", height, err)
	}
	if r == nil {
		return b, nil
	}
	if r.SizeVT() > bundleMax {
		return b, fmt.Errorf("%w: header %d has more than %d bytes", ErrMalformed, height, bundleMax)
	}
	if b.header, b.vals, err = openHeader(r.SignedHeader, r.Validators); err != nil {
		return b, err
	}
	if b.header.Height != height {
		return b, fmt.Errorf("%w: header %d was asked for, not %d", ErrMalformed, height, b.header.Height)
	}
	return b, nil
}
