package node

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"

	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/state"
)

// Finding is something that a check found wrong.
type Finding struct {
	Where string `json:"where"` // the file or store, within the folder
	What  string `json:"what"`
}

// Checked is the outcome of Fsck.
type Checked struct {
	ChainID string `json:"chain_id"`
	// Height is the ledger's, Base and Blocks the first and the last block's that
	// are there, in full.
	Height   int64     `json:"height"`
	Base     int64     `json:"base"`
	Blocks   int64     `json:"blocks"`
	Rows     int       `json:"rows"`
	Txs      int       `json:"transactions"`
	Replayed bool      `json:"replayed"`
	Findings []Finding `json:"findings"`
}

// FsckOptions are how deep Fsck looks.
type FsckOptions struct {
	// Replay runs all blocks from the genesis on, on a ledger in memory, and
	// compares all that comes of it.
	Replay bool
	// Progress is told what is being done and how far it is; total may be 0 for
	// not known.
	Progress func(what string, done, total int64)
}

// findingsMax bounds what one check tells.
const findingsMax = 100

// Fsck checks everything in the folder of a node that doesn't run, or in a
// backup, and changes nothing. The error is that it could not be looked at.
func Fsck(home string, o FsckOptions) (out *Checked, err error) {
	r, err := openResting(home)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	f := &fsck{resting: r, o: o, out: &Checked{Findings: []Finding{}}}
	f.look(genesisFile, r.readDoc)
	f.look(ConfigFile, func() error { _, err := LoadConfig(home); return err })
	f.keys()
	ledger, blocks := r.there(ledgerDir), r.there("data/"+dbBlocks)
	if ledger || blocks { // else it never ran
		o.Progress("reading the ledger", 0, 0)
		if f.look(ledgerDir, r.openLedger); r.ledger != nil {
			f.ledger()
		}
	}
	chain := false
	if blocks || r.ledger != nil && r.doc != nil && r.ledger.Height() >= r.doc.InitialHeight {
		chain = f.look("data/blockstore and data/state", r.openChain)
		f.look("data/evidence", func() error { return r.openDB(dbEvidence) })
		f.databases()
	}
	if chain {
		f.chain()
	}
	f.look("data/cs.wal", f.wal)
	if r.doc != nil {
		f.out.ChainID = r.doc.ChainID
	}
	if o.Replay && chain && r.ledger != nil {
		f.look(ledgerDir, f.replay)
	}
	return f.out, nil
}

// fsck is one run of Fsck.
type fsck struct {
	*resting
	o   FsckOptions
	out *Checked
}

func (f *fsck) found(where, format string, args ...any) {
	if len(f.out.Findings) < findingsMax {
		f.out.Findings = append(f.out.Findings, Finding{where, fmt.Sprintf(format, args...)})
	}
}

// look runs a check whose error, or panic, is a finding, and says whether all
// was well.
func (f *fsck) look(where string, check func() error) (well bool) {
	defer func() {
		if p := recover(); p != nil {
			f.found(where, "can't be read: %v", p)
			well = false
		}
	}()
	if err := check(); err != nil {
		f.found(where, "%v", err)
		return false
	}
	return true
}

// keys checks what keys there are: a backup has none.
func (f *fsck) keys() {
	if path := filepath.Join(f.home, nodeKeyFile); f.there(nodeKeyFile) {
		f.look(nodeKeyFile, func() error {
			k, err := p2p.LoadNodeKey(path)
			if err != nil {
				return err
			}
			return checkPair(path, k.PrivKey, nil)
		})
	}
	if !f.there(validatorKey) {
		return
	}
	path := filepath.Join(f.home, validatorKey)
	f.look(validatorKey, func() error {
		var key privval.FilePVKey
		if err := readJSON(path, &key); err != nil {
			return err
		}
		if err := checkPair(path, key.PrivKey, key.PubKey); err != nil {
			return err
		}
		f.look(validatorLast, func() error {
			if f.there(BackupFile) && !f.there(validatorLast) {
				return nil // a backup never has it
			}
			var last privval.FilePVLastSignState
			if err := readJSON(filepath.Join(f.home, validatorLast), &last); err != nil {
				return err
			}
			return checkSigned(key.PubKey, &last)
		})
		return nil
	})
}

// ledger checks the rows against everything that is kept beside them, and the
// invariants over the whole state.
func (f *fsck) ledger() {
	f.look(ledgerDir, func() error {
		v := f.resting.ledger.View()
		defer v.Release()
		f.out.Height = v.Height()
		total := int64(f.resting.ledger.Len())
		for _, err := range v.Check(func(n int) {
			f.out.Rows = n
			f.o.Progress("checking rows", int64(n), total)
		}) {
			f.found(ledgerDir, "%v", err)
		}
		f.o.Progress("checking the invariants", 0, 0)
		return invariant.Full(v)
	})
}

// databases reads everything that CometBFT's databases hold: what nobody asks
// for can be damaged too.
func (f *fsck) databases() {
	for _, id := range []string{dbBlocks, dbState, dbEvidence} {
		db := f.dbs[id]
		if db == nil {
			continue
		}
		f.look("data/"+id, func() error {
			it, err := db.Iterator(nil, nil)
			if err != nil {
				return err
			}
			n := int64(0)
			for ; it.Valid(); it.Next() {
				if n++; n%1024 == 0 {
					f.o.Progress("reading data/"+id, n, 0)
				}
			}
			return errors.Join(it.Error(), it.Close())
		})
	}
}

// wal reads what consensus noted of the height it was in. The end may be cut
// off, by a power loss: what is there is a help and no more.
func (f *fsck) wal() error {
	files, err := logFiles(filepath.Join(f.home, "data", "cs.wal", "wal"))
	if err != nil {
		return err
	}
	for i, path := range files {
		n, err := readNotes(path)
		if err == nil && i < len(files)-1 {
			err = n.err
		}
		if err != nil {
			return fmt.Errorf("%s: %w; the folder can be removed, the next start makes it anew", path, err)
		}
	}
	return nil
}

// replay runs all blocks and compares the ledger that comes of it, and what the
// node keeps beside it.
func (f *fsck) replay() error {
	if f.blocks.Base() > 1 || f.doc == nil || f.doc.InitialHeight > 1 {
		return fmt.Errorf("can't be replayed: the first block is %d, and what came before is not there", f.blocks.Base())
	}
	v := f.resting.ledger.View()
	defer v.Release()
	s, err := replay(f.doc, f.blocks, v.Height(), func(height int64) { f.o.Progress("replaying", height, v.Height()) })
	if s != nil {
		defer s.Close()
	}
	if err != nil {
		return err
	}
	f.out.Replayed = true
	w := s.View()
	defer w.Release()
	if w.Root() != v.Root() {
		return fmt.Errorf("after height %d the rows hash to %x; the blocks lead to %x", v.Height(), v.Root(), w.Root())
	}
	return f.sameLocals(v, w)
}

// sameLocals compares records and history, from where this node keeps them, with
// those that the blocks lead to.
func (f *fsck) sameLocals(have, want *state.View) error {
	base := kept(have)
	for _, space := range []byte{localTx, localID, localHistory} {
		n := f.within(want, have, space, base, "the record %x is missing, or not what the blocks lead to")
		if n != f.within(have, have, space, base, "") {
			f.within(have, want, space, base, "the record %x comes from no block")
		}
	}
	return nil
}

// within counts the local rows of one view, from a height on, and tells those
// that another has not.
func (f *fsck) within(some, all *state.View, space byte, base int64, fault string) (n int) {
	some.ScanLocal([]byte{space}, nil, func(key, value []byte) bool {
		if localHeight(key, value) < base {
			return true
		}
		n++
		if got, ok := all.Local(key); !ok || string(got) != string(value) {
			f.found(ledgerDir, fault, key)
		}
		return len(f.out.Findings) < findingsMax
	})
	return n
}
