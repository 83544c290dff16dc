package node

import (
	"bytes"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// chain checks the blocks: each follows the one before, more than two thirds of
// its validators signed it, and what the node keeps of its transactions is what
// the next header commits to. Then it checks that ledger, blocks and consensus
// state stand at heights that fit together.
func (f *fsck) chain() {
	f.out.Base, f.out.Blocks = f.blocks.Base(), f.blocks.Height()
	f.look("data/blockstore", f.heights)
	var v *state.View
	base := int64(0)
	if f.resting.ledger != nil {
		v = f.resting.ledger.View()
		defer v.Release()
		base = kept(v)
	}
	var before *types.Block
	for h := f.out.Base; h > 0 && h <= f.out.Blocks && len(f.out.Findings) < findingsMax; h++ {
		f.o.Progress("checking blocks", h-f.out.Base, f.out.Blocks-f.out.Base+1)
		f.look("data/blockstore", func() error {
			b, err := f.follows(before, h)
			if err != nil {
				before = nil
				return fmt.Errorf("block %d: %w", h, err)
			}
			before = b
			f.out.Txs += len(b.Txs)
			if v != nil && h >= base && h <= v.Height() {
				if err := f.records(v, b); err != nil {
					f.found(ledgerDir, "block %d: %v", h, err)
				}
			}
			return nil
		})
	}
	if v != nil {
		f.look(ledgerDir, func() error { return f.strays(v, base) })
	}
}

// heights: consensus saved the state of the last block or of the one before, the
// ledger isn't ahead of the blocks and not behind the first that is kept, and
// its root is the one that was agreed on.
func (f *fsck) heights() error {
	top, base, saved := f.out.Blocks, f.out.Base, f.last.LastBlockHeight
	if saved != top && saved != top-1 {
		return fmt.Errorf("the blocks end at %d, but consensus saved the state after %d: files of different times were mixed; restore the folder from one backup", top, saved)
	}
	if f.resting.ledger == nil {
		return nil
	}
	v := f.resting.ledger.View()
	defer v.Release()
	h, root := v.Height(), v.Root()
	if h > top && top > 0 || base > 1 && h < base-1 {
		return fmt.Errorf("the ledger is at height %d, the blocks are from %d to %d: files of different times were mixed; restore the folder from one backup", h, base, top)
	}
	if h == 0 || top == 0 {
		return nil
	}
	want := f.last.AppHash
	if next := f.blocks.LoadBlockMeta(h + 1); next != nil {
		want = next.Header.AppHash
	} else if h != saved {
		return nil // the last block ran, and consensus had not noted it yet
	}
	if !bytes.Equal(want, root[:]) {
		return fmt.Errorf("after height %d the ledger's root is %x; agreed was %x", h, root, want)
	}
	return nil
}

// follows loads a block and checks it against the one before, nil for the first
// there is, and against those who signed it.
func (f *fsck) follows(before *types.Block, h int64) (*types.Block, error) {
	b, meta := f.blocks.LoadBlock(h), f.blocks.LoadBlockMeta(h)
	if b == nil || meta == nil {
		return nil, fmt.Errorf("it is missing, in whole or in part")
	}
	if err := b.ValidateBasic(); err != nil {
		return nil, err
	}
	if b.Height != h || !bytes.Equal(b.Hash(), meta.BlockID.Hash) {
		return nil, fmt.Errorf("it is not the block whose hash is kept")
	}
	if before != nil && !bytes.Equal(b.LastBlockID.Hash, before.Hash()) {
		return nil, fmt.Errorf("it follows %x, the block before is %x", b.LastBlockID.Hash, before.Hash())
	}
	set, err := f.states.LoadValidators(h)
	if err != nil {
		return nil, fmt.Errorf("its validators: %w", err)
	}
	if !bytes.Equal(set.Hash(), b.ValidatorsHash) {
		return nil, fmt.Errorf("its validators are not those that it names")
	}
	commit := f.blocks.LoadBlockCommit(h)
	if h == f.out.Blocks {
		commit = f.blocks.LoadSeenCommit(h) // the next block has it for good
	}
	if commit == nil {
		return nil, fmt.Errorf("nobody's signatures are kept")
	}
	if err := set.VerifyCommit(b.ChainID, meta.BlockID, h, commit); err != nil {
		return nil, fmt.Errorf("its signatures: %w", err)
	}
	if f.doc != nil && b.ChainID != f.doc.ChainID {
		return nil, fmt.Errorf("it is of the chain %s, not of %s", b.ChainID, f.doc.ChainID)
	}
	return b, nil
}

// records compares what is kept of a block's transactions with the block, and
// their results with what the next header commits to.
func (f *fsck) records(v *state.View, b *types.Block) error {
	list, err := results(v, b.Height, b.Txs)
	if err != nil {
		return err
	}
	next := f.blocks.LoadBlockMeta(b.Height + 1)
	if next == nil {
		return nil
	}
	if want := next.Header.LastResultsHash; !bytes.Equal(merkle.HashFromByteSlices(list), want) {
		return fmt.Errorf("the results kept of its transactions are not those that the next header commits to")
	}
	return nil
}

// strays looks from the records to the transactions: each is found by its id,
// and stands in the block that it names, or in one that is no longer kept; and
// each entry of a history leads to one.
func (f *fsck) strays(v *state.View, base int64) error {
	n, ids := 0, 0
	var block *types.Block
	v.ScanLocal([]byte{localTx}, nil, func(key, value []byte) bool {
		height, index := localPlace(key[1:])
		var s pb.StoredTx
		switch err := s.UnmarshalVT(value); {
		case height < base:
			return true // about to be forgotten
		case err != nil:
			f.found(ledgerDir, "the record of transaction %d of block %d can't be read: %v", index, height, err)
			return len(f.out.Findings) < findingsMax
		}
		if n++; n%1024 == 0 {
			f.o.Progress("checking records", int64(n), 0)
		}
		if at, ok := v.Local(idKey(nil, s.Id)); !ok || !bytes.Equal(at, key[1:]) {
			f.found(ledgerDir, "transaction %x of block %d isn't found by its id", s.Id, height)
		}
		if height < f.out.Base || height > f.out.Blocks {
			return len(f.out.Findings) < findingsMax
		}
		if block == nil || block.Height != height {
			block = f.blocks.LoadBlock(height)
		}
		if block == nil || int(index) >= len(block.Txs) {
			f.found(ledgerDir, "transaction %x is not in block %d", s.Id, height)
		} else if id, ok := op.PeekID(block.Txs[index]); !ok || !bytes.Equal(id[:], s.Id) {
			f.found(ledgerDir, "transaction %d of block %d is %x, not %x", index, height, id, s.Id)
		}
		return len(f.out.Findings) < findingsMax
	})
	v.ScanLocal([]byte{localID}, nil, func(key, value []byte) bool {
		if len(value) == 12 && localHeight(key, value) >= base {
			ids++
		}
		return true
	})
	if ids != n {
		f.found(ledgerDir, "%d transactions are found by their id; there are records of %d", ids, n)
	}
	v.ScanLocal([]byte{localHistory}, nil, func(key, value []byte) bool {
		if h, i := historyPlace(key); h >= base && (h > v.Height() || historyRef(v, h, i-1, value) == nil) {
			f.found(ledgerDir, "the history entry %x leads to no transaction", key)
		}
		return len(f.out.Findings) < findingsMax
	})
	return nil
}
