package node

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
)

// Health is whether a node can be relied on now.
type Health struct {
	// Ready is false where there is a reason.
	Ready bool `json:"ready"`
	// Reasons say why the node isn't ready, in words.
	Reasons []string `json:"reasons"`
	// Height is the last committed height.
	Height int64 `json:"height"`
	// BlockAge is how long ago this node committed it, in seconds.
	BlockAge float64 `json:"block_age_seconds"`
	// CatchingUp says that the node takes blocks from others still.
	CatchingUp bool `json:"catching_up"`
}

// diskLow is the room on the disk below which a node isn't ready: some minutes
// of full blocks.
const diskLow = 256 << 20

// blockLate is how long after the longest idle wait a block may come before the
// chain counts as stuck.
const blockLate = 15 * time.Second

// Health says whether the node takes part in consensus, is up to date, and can
// write to its disk.
func (n *Node) Health() Health {
	h := Health{Height: n.store.Height(), BlockAge: n.app.meter.pulse.idle().Seconds(), CatchingUp: n.CatchingUp(), Reasons: []string{}}
	why := func(format string, args ...any) { h.Reasons = append(h.Reasons, fmt.Sprintf(format, args...)) }
	select {
	case <-n.app.stop:
		why("the node is stopping")
	default:
	}
	if err := n.Err(); err != nil {
		why("%v", err)
	}
	if h.CatchingUp {
		why("the node is catching up with the other nodes, at height %d", h.Height)
	}
	if most := n.app.limits.idle + blockLate; n.app.meter.pulse.idle() > most {
		why("there was no block for %.0f s; one comes every %s when nothing happens", h.BlockAge, n.app.limits.idle)
	}
	if err := n.disk.check(n.home); err != nil {
		why("%v", err)
	}
	h.Ready = len(h.Reasons) == 0
	return h
}

// Voters are the validators as of the last block.
type Voters struct {
	// Count is how many there are, and Power their voting power together.
	Count int
	Power int64
	// Missing is the power of those whose signature was not in the last block.
	Missing int64
	// Own is the power of this node's own validator; 0 where it is none.
	Own int64
}

// Voters says who votes on blocks. It is what the last block said: consensus'
// own answer would wait as long as a proposer does. Before the first block since
// the start it is nobody.
func (n *Node) Voters() (out Voters) {
	votes := n.app.votes.Load()
	if votes == nil {
		return out
	}
	out.Count = len(*votes)
	for _, v := range *votes {
		out.Power += v.Validator.Power
		if v.BlockIdFlag != cmtproto.BlockIDFlagCommit {
			out.Missing += v.Validator.Power
		}
		if n.env.PubKey != nil && bytes.Equal(v.Validator.Address, n.env.PubKey.Address()) {
			out.Own = v.Validator.Power
		}
	}
	return out
}

// CatchingUp says whether the node still takes blocks from others.
func (n *Node) CatchingUp() bool {
	syncing := n.app.syncing.Load()
	return syncing != nil && (*syncing)()
}

// Peers is how many other nodes this one is connected to.
func (n *Node) Peers() int { return n.comet.Switch().Peers().Size() }

// LastMinute is how many transactions became final in the last sixty seconds.
func (n *Node) LastMinute() int { return n.app.meter.pulse.minute() }

// space remembers for a moment whether the disk can be written: whoever asks for
// the node's health, and however often, the disk is asked once in a while.
type space struct {
	// mu guards what follows.
	mu  sync.Mutex
	at  time.Time
	err error
}

// diskEvery is how often the disk is asked.
const diskEvery = 5 * time.Second

func (d *space) check(home string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) > diskEvery {
		d.at, d.err = time.Now(), writable(home)
	}
	return d.err
}

// writable writes a file and takes it away again.
func writable(home string) error {
	free, err := diskFree(home)
	if err == nil && free < diskLow {
		return fmt.Errorf("the disk has %d MiB left, less than %d", free>>20, diskLow>>20)
	}
	path := filepath.Join(home, "data", "writable")
	if err := os.WriteFile(path, []byte("ok\n"), 0o600); err != nil {
		return fmt.Errorf("the disk can't be written: %w", err)
	}
	return os.Remove(path)
}

// diskFree is how many bytes may still be written to a folder's disk.
func diskFree(path string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// Usage is what a node takes of its machine.
type Usage struct {
	Disk     uint64 `json:"disk_bytes"`
	DiskFree uint64 `json:"disk_free_bytes"`
	Memory   uint64 `json:"memory_bytes"`
}

// Usage says what the node takes of its machine now: files in its folder, and
// memory that Go has from the system.
func (n *Node) Usage() Usage {
	var u Usage
	u.DiskFree, _ = diskFree(n.home)
	_ = filepath.WalkDir(n.home, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // gone in between
		}
		if info, err := e.Info(); err == nil {
			u.Disk += uint64(info.Size())
		}
		return nil
	})
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	u.Memory = s[0].Value.Uint64() - s[1].Value.Uint64()
	return u
}

// Soon shows a wait to people: in whole seconds, rounded up, at least one.
func Soon(d time.Duration) string { return fmt.Sprintf("%d s", WaitSeconds(d)) }

// WaitSeconds is a wait in whole seconds, rounded up, at least one: what the
// header Retry-After says.
func WaitSeconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }
