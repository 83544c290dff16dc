//go:build linux

package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/internal/testbin"
)

// patience is how long anything may take that should happen soon: this is for
// machines that are busy with other things.
const patience = 90 * time.Second

// member is a node: a folder, a place in the network, and a process.
type member struct {
	c    *cluster
	i    int
	home string
	bin  string   // the honest binary where empty
	env  []string // beside this process'
	api  pbconnect.LedgerClient

	mu    sync.Mutex
	cmd   *exec.Cmd
	serve chan struct{} // closed when it serves
	end   chan struct{} // closed when it ended
}

func (m *member) log() string { return filepath.Join(m.home, "log") }

func (m *member) alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil {
		return false
	}
	select {
	case <-m.end:
		return false
	default:
		return true
	}
}

// launch starts a node's process.
func (c *cluster) launch(i int) {
	c.t.Helper()
	m := c.nodes[i]
	bin := m.bin
	if bin == "" {
		var err error
		if bin, err = testbin.Build("troth"); err != nil {
			c.t.Fatal(err)
		}
	}
	cmd := c.net.command(i, bin, "start", "--home", m.home)
	cmd.Env = append(os.Environ(), m.env...)
	log, err := os.OpenFile(m.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := startChild(cmd); err != nil {
		c.t.Fatal(err)
	}
	serve, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(end)
		testbin.Follow(out, func(string) { close(serve) })
		_ = cmd.Wait()
	}()
	m.mu.Lock()
	m.cmd, m.serve, m.end = cmd, serve, end
	m.mu.Unlock()
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		c.await(end, patience, "node %d ends, which was killed", i+1)
	})
}

// up waits until a node serves.
func (c *cluster) up(i int) {
	c.t.Helper()
	m := c.nodes[i]
	select {
	case <-m.serve:
	case <-m.end:
		c.t.Fatalf("node %d ended by itself with %v", i+1, m.cmd.ProcessState)
	case <-time.After(patience):
		c.t.Fatalf("node %d isn't up after %s", i+1, patience)
	}
}

// start starts a node and waits until it serves.
func (c *cluster) start(i int) {
	c.t.Helper()
	c.launch(i)
	c.up(i)
}

func (c *cluster) signal(i int, s syscall.Signal) {
	c.t.Helper()
	if err := c.nodes[i].cmd.Process.Signal(s); err != nil {
		c.t.Fatalf("node %d: %v", i+1, err)
	}
}

// kill ends a node at once.
func (c *cluster) kill(i int) {
	c.t.Helper()
	c.signal(i, syscall.SIGKILL)
	c.gone(i)
}

// gone waits until a node that was killed has ended.
func (c *cluster) gone(i int) {
	c.t.Helper()
	c.await(c.nodes[i].end, patience, "node %d ends, which was killed", i+1)
}

// stop ends a node as its operator does.
func (c *cluster) stop(i int) {
	c.t.Helper()
	c.signal(i, syscall.SIGTERM)
	c.stopped(i)
}

// stopped waits until a node that was told to stop has.
func (c *cluster) stopped(i int) {
	c.t.Helper()
	m := c.nodes[i]
	c.await(m.end, patience, "node %d stops, as it was told", i+1)
	if code := m.cmd.ProcessState.ExitCode(); code != 0 {
		c.t.Errorf("node %d stopped with status %d", i+1, code)
	}
}
