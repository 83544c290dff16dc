package node

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/ledger/state"
)

// The journal is what webhooks are to be told. A block's part of it is written
// in the same batch as the block: whatever ends the process, a committed block
// has its entry, and a block that consensus hands in again writes it again.
const (
	localJournal   = 'w' // height -> JournalBlock as JSON
	localJournaled = 'W' // -> the first and the last height of the unbroken journal
)

// JournalBlock is what a block changed of what webhooks ask for.
type JournalBlock struct {
	Height  int64
	Time    time.Time
	Changes []JournalChange
}

// JournalChange is one row that changed.
type JournalChange struct {
	Table string
	ID    string   // see RowID
	Type  string   // the record's message type
	About []string // the objects in whose history the change belongs
	// Before and After are the encoded record; empty for a new one and for a
	// removed one.
	Before, After []byte
}

// journal belongs to the goroutine that settles a block, one at a time, but for
// done and wake.
type journal struct {
	hooks   []Webhook
	store   *state.Store
	loaded  bool
	since   int64   // where the unbroken journal begins
	pending []int64 // heights that have an entry, ascending
	done    atomic.Int64
	wake    chan struct{}
}

// newJournal returns nil where nobody is to be told.
func newJournal(hooks []Webhook, store *state.Store) *journal {
	if len(hooks) == 0 {
		return nil
	}
	return &journal{hooks: hooks, store: store, wake: make(chan struct{}, 1)}
}

// locals makes a block's entry and removes those that everybody has taken.
func (j *journal) locals(height int64, at time.Time, changes []state.Change) []state.Local {
	if j == nil {
		return nil
	}
	if !j.loaded {
		j.load(height)
	}
	var out []state.Local
	for done := j.done.Load(); len(j.pending) > 0 && j.pending[0] <= done; j.pending = j.pending[1:] {
		out = append(out, state.Local{Key: journalKey(j.pending[0])})
	}
	if b := j.block(height, at, changes); len(b.Changes) > 0 {
		value, err := json.Marshal(b)
		if err != nil {
			panic("node: encoding the journal: " + err.Error())
		}
		out = append(out, state.Local{Key: journalKey(height), Value: value})
		j.pending = append(j.pending, height)
	}
	reach := binary.BigEndian.AppendUint64(nil, uint64(j.since))
	return append(out, state.Local{Key: []byte{localJournaled}, Value: binary.BigEndian.AppendUint64(reach, uint64(height))})
}

// load finds what the last run left. Heights that were committed while nobody
// asked for a journal break it.
func (j *journal) load(height int64) {
	v := j.store.View()
	defer v.Release()
	j.loaded, j.since = true, height
	if since, last := journaled(v); last == height-1 && last > 0 {
		j.since = since
	}
	v.ScanLocal([]byte{localJournal}, nil, func(key, _ []byte) bool {
		j.pending = append(j.pending, int64(binary.BigEndian.Uint64(key[1:])))
		return true
	})
}

// told wakes who takes from the journal, after the block is visible.
func (j *journal) told() {
	if j == nil {
		return
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *journal) block(height int64, at time.Time, changes []state.Change) *JournalBlock {
	b := &JournalBlock{Height: height, Time: at}
	for _, c := range Merge(changes) {
		if !slices.ContainsFunc(j.hooks, func(w Webhook) bool { return w.Wants(c.Table, c.ID, c.About) }) {
			continue
		}
		out := JournalChange{Table: c.Table, ID: c.ID, About: c.About}
		if c.Before != nil {
			out.Type, out.Before = typeOf(c.Before), state.Encode(c.Before)
		}
		if c.After != nil {
			out.Type, out.After = typeOf(c.After), state.Encode(c.After)
		}
		b.Changes = append(b.Changes, out)
	}
	return b
}

func typeOf(r state.Record) string {
	return string(r.(proto.Message).ProtoReflect().Descriptor().FullName())
}

// Wants says whether a webhook asks for a change: of its tables and about its
// ids. Without tables it gets what belongs to an object: not the ledger's own
// bookkeeping, such as quotas.
func (w Webhook) Wants(table, id string, about []string) bool {
	if len(w.Tables) > 0 && !slices.Contains(w.Tables, table) || len(w.Tables) == 0 && len(about) == 0 {
		return false
	}
	return concerns(w.IDs, id, about)
}

func journalKey(height int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{localJournal}, uint64(height))
}

func journaled(v *state.View) (since, last int64) {
	b, ok := v.Local([]byte{localJournaled})
	if !ok || len(b) != 16 {
		return 0, 0
	}
	return int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
}

// Journal calls fn for the journal's blocks from a height on, oldest first,
// until it returns false. since and last are the first and the last height that
// the journal covers without a gap, entry or not; 0 before the first block.
func (n *Node) Journal(from int64, fn func(*JournalBlock) bool) (since, last int64, err error) {
	v := n.View()
	defer v.Release()
	since, last = journaled(v)
	v.ScanLocal([]byte{localJournal}, journalKey(from), func(_, value []byte) bool {
		var b JournalBlock
		if err = json.Unmarshal(value, &b); err != nil {
			err = fmt.Errorf("node: reading the journal: %w", err)
			return false
		}
		return fn(&b)
	})
	return since, last, err
}

// JournalGrew has an element when the journal may have grown. Nil where no
// webhook is configured.
func (n *Node) JournalGrew() <-chan struct{} {
	if n.app.journal == nil {
		return nil
	}
	return n.app.journal.wake
}

// ForgetJournal lets go of the journal up to a height: everybody has it.
func (n *Node) ForgetJournal(height int64) {
	if n.app.journal != nil {
		n.app.journal.done.Store(height)
	}
}

// ID is the node's id on its chain's network.
func (n *Node) ID() string { return string(n.comet.NodeInfo().ID()) }
