//go:build linux

package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/store"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/node"
)

// block is what must be the same on all nodes.
type block struct {
	node     int    // who has it
	id, root []byte // root is the app hash in its header: of the height before
	proposer []byte
	txs      []string
}

// safe stops all nodes, and checks that they have the same blocks with the same
// app hashes at every height, that no transaction is in two, and that one's
// blocks, executed from the genesis on, come to the app hashes in them.
func (c *cluster) safe(l *load) {
	c.t.Helper()
	running := c.running()
	for _, i := range running {
		c.signal(i, syscall.SIGTERM)
	}
	for _, i := range running {
		c.stopped(i)
	}
	first := map[int64]*block{} // by height, of the first node that has it
	for _, m := range c.nodes {
		for h, b := range m.blocks() {
			if a := first[h]; a == nil {
				first[h] = b
			} else if !bytes.Equal(a.id, b.id) || !bytes.Equal(a.root, b.root) {
				c.t.Errorf("at height %d node %d has block %x with app hash %x, node %d %x with %x", h, a.node+1, a.id, a.root, m.i+1, b.id, b.root)
			}
		}
	}
	at := map[string]int64{}
	for h, b := range first {
		for _, id := range b.txs {
			if at[id] != 0 {
				c.t.Errorf("transaction %s is in block %d and in block %d", id, at[id], h)
			}
			at[id] = h
		}
	}
	for _, s := range l.sent {
		if at[s.id] != s.rec.Height {
			c.t.Errorf("transaction %s was acknowledged at height %d, and is in block %d", s.id, s.rec.Height, at[s.id])
		}
	}
	height, replayed, err := node.Replay(c.nodes[0].home)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := replayed.Close(); err != nil {
		c.t.Error(err)
	}
	if c.t.Failed() {
		return
	}
	c.t.Logf("%d blocks, the same on all nodes and replayed; no transaction twice", height)
}

// blocks reads a stopped node's blocks by height.
func (m *member) blocks() map[int64]*block {
	t := m.c.t
	t.Helper()
	db, err := pebble.Open(filepath.Join(m.home, "data", "blockstore"), &pebble.Options{ReadOnly: true, Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := store.NewBlockStore(gets{db: db})
	out := map[int64]*block{}
	for h := max(s.Base(), 1); h <= s.Height(); h++ {
		meta, b := s.LoadBlockMeta(h), s.LoadBlock(h)
		if meta == nil || b == nil {
			t.Fatalf("node %d has no block %d", m.i+1, h)
		}
		x := &block{node: m.i, id: meta.BlockID.Hash, root: meta.Header.AppHash, proposer: meta.Header.ProposerAddress}
		for _, raw := range b.Txs {
			id, _ := client.ID(raw)
			x.txs = append(x.txs, id)
		}
		out[h] = x
	}
	return out
}

// gets is as much of a database as reading blocks takes.
type gets struct {
	dbm.DB
	db *pebble.DB
}

func (g gets) Get(key []byte) ([]byte, error) {
	v, closer, err := g.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return bytes.Clone(v), nil
}

type silent struct{}

func (silent) Infof(string, ...any)      {}
func (silent) Errorf(string, ...any)     {}
func (silent) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
