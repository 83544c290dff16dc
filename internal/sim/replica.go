package sim

import (
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// replica is one machine of the chain, with a disk that is in memory.
type replica struct {
	name    string
	fs      *vfs.MemFS
	store   *state.Store
	machine *ledger.Machine
	genesis *pb.Genesis
	since   int64 // the height after which it keeps local rows
	// written tells how the writing of the last block went, which waits for gate
	// and not for long; nil where nothing is being written.
	written chan error
	gate    chan struct{}
	decoded map[string]ledger.Tx // since the last block
}

// Names of machines: the one whose power is taken away, and the one that joins anew.
const (
	crashes = "crashing"
	joins   = "joining"
)

func newReplica(name string, g *pb.Genesis) *replica {
	r := &replica{name: name, fs: vfs.NewMem(), genesis: g, decoded: make(map[string]ledger.Tx)}
	if name == crashes {
		r.fs = vfs.NewCrashableMem() // which takes twice the memory
	}
	r.open()
	return r
}

// open starts the machine on what its disk has.
func (r *replica) open() {
	opt := state.Options{CacheBytes: 8 << 20}
	switch r.name {
	case crashes: // reads nearly all from disk
		opt.Rows = 20
	case joins: // keeps few rows decoded, and others as they are on disk
		opt.Rows, opt.PackedBytes = 500, 1<<20
	}
	s, err := state.Open("store", opt.On(r.fs))
	if err != nil {
		failf("%s doesn't start: %v", r.name, err)
	}
	r.run(s)
}

func (r *replica) run(s *state.Store) {
	r.store, r.machine = s, ledger.New(s, chainID)
	if s.Height() == 0 {
		if err := r.machine.Begin(r.genesis); err != nil {
			failf("%s: genesis: %v", r.name, err)
		}
	}
	if err := party.VerifyUsed(s); s.Height() > 0 && err != nil {
		failf("%s: %v", r.name, err)
	}
}

// decode decodes a transaction once until a block is executed, as a node does: what
// admitting it found is known by it.
func (r *replica) decode(raw []byte) ledger.Tx {
	t, ok := r.decoded[string(raw)]
	if !ok {
		t = decode(raw)
		r.decoded[string(raw)] = t
	}
	return t
}

// execute decodes and executes a block, and has it written while the machine
// goes on, as a node does. The block before may be written meanwhile.
func (r *replica) execute(b *block) *ledger.Executed {
	txs := make([]ledger.Tx, len(b.txs))
	for i, raw := range b.txs {
		txs[i] = r.decode(raw)
	}
	clear(r.decoded)
	x := r.machine.Execute(ledger.Block{Height: b.height, Time: b.time, Txs: txs, Evidence: b.evidence})
	r.settle()
	if err := r.machine.Advance(); err != nil {
		failf("%s: commit: %v", r.name, err)
	}
	r.write(b, x.Root)
	return x
}

// young is the height up to which more happens to machines: a short play should
// have some of all.
const young = 200

// mishaps are what happens to machines between blocks.
func (s *sim) mishaps() {
	crashing, joining := s.replicas[1], s.replicas[2]
	rarity := 600
	if s.w.height < young {
		rarity = 20
	}
	switch s.r.IntN(rarity) {
	case 0, 1:
		s.restart(crashing)
	case 2, 3:
		s.crash(crashing)
	case 4:
		s.join(joining, s.replicas[s.r.IntN(2)])
	}
	if s.w.height%700 == 0 { // or the disk that forgets would have to be given everything
		s.restart(crashing)
	}
	if s.w.height%40 == 0 || s.w.height < 100 && s.w.height%10 == 0 {
		s.verify()
	}
	if h := s.w.height; h == 30 || h == 120 || h%(1000+h/4) == 0 {
		s.recount()
	}
}

// restart stops a machine in order and starts it again.
func (s *sim) restart(r *replica) {
	s.report.Restarts++
	r.settle()
	if err := r.store.Close(); err != nil {
		failf("%s doesn't stop: %v", r.name, err)
	}
	r.open()
	s.remembers(r)
	if r.store.Height() != s.w.height {
		failf("%s stopped at height %d and starts at %d", r.name, s.w.height, r.store.Height())
	}
	s.catchUp(r)
}

// crash takes a machine's power away, while it may still be writing: of what its
// disk was not told to keep, some is lost. It starts again and is given the
// blocks that it has not.
func (s *sim) crash(r *replica) {
	s.report.Crashes++
	if s.r.IntN(2) == 0 {
		r.letWrite()
	}
	left := r.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 95, 100}[s.chaos.IntN(4)], RNG: s.chaos})
	r.settle()
	_ = r.store.Close() // of the machine that is no more
	r.fs = left
	r.open()
	s.remembers(r)
	s.report.Lost += int(s.w.height - r.store.Height())
	s.catchUp(r)
}

// join puts a new machine in the place of one, made of a snapshot of another.
func (s *sim) join(r, from *replica) {
	s.report.Joins++
	r.settle()
	from.settle()
	dir, err := os.MkdirTemp("", "troth-sim-")
	check(err)
	defer os.RemoveAll(dir)
	f := from.store.Freeze()
	defer f.Release()
	check(f.Divide(party.UsedSeals, 64<<10, func() bool { return false }))
	restore, err := state.OpenRestore(filepath.Join(dir, "store"), f.Snapshot, party.UsedSeals)
	check(err)
	for {
		i, ok := restore.Next(0)
		if !ok {
			break
		}
		chunk, err := f.Chunk(i)
		check(err)
		check(restore.Apply(i, chunk))
	}
	check(restore.Finish(nil))
	check(r.store.Close())
	r.fs = vfs.NewMem()
	if ok, err := vfs.Clone(vfs.Default, r.fs, filepath.Join(dir, "store"), "store", vfs.CloneSync); err != nil || !ok {
		failf("copying what %s restored: %v", r.name, err)
	}
	r.open()
	r.since = f.Height
	if r.store.Height() != f.Height || r.store.Root() != f.Root {
		failf("%s joins at height %d with the root %x, the snapshot is of %d and %x", r.name, r.store.Height(), r.store.Root(), f.Height, f.Root)
	}
	s.catchUp(r)
}

func check(err error) {
	if err != nil {
		failf("%v", err)
	}
}

// catchUp gives a machine the blocks it has not, whose roots are known.
func (s *sim) catchUp(r *replica) {
	for i := range s.log {
		b := &s.log[i]
		if b.height <= r.store.Height() {
			continue
		}
		if b.height != r.store.Height()+1 {
			failf("%s stands at height %d, and the oldest block to give it is %d", r.name, r.store.Height(), b.height)
		}
		if x := r.execute(b); x.Root != b.root {
			failf("%s, given height %d again, has the root %x, which was %x", r.name, b.height, x.Root, b.root)
		}
		r.settle()
	}
	s.remembers(r)
	if last := s.log[len(s.log)-1]; r.store.Root() != last.root {
		failf("%s has the root %x at height %d, which was %x", r.name, r.store.Root(), r.store.Height(), last.root)
	}
}
