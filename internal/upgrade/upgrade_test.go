package upgrade

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testbin"
)

const chain = "troth-upgrade"

func TestMain(m *testing.M) { os.Exit(testbin.Main(m)) }

// build makes a binary, with a rehearsal of a version of the rules or without.
func build(t *testing.T, protocol string) string {
	t.Helper()
	var flags []string
	if protocol != "" {
		flags = []string{"-ldflags", "-X github.com/troth-ledger/troth/ledger/council.rehearsal=" + protocol}
	}
	bin, err := testbin.Build("troth"+protocol, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// newHome makes a node's folder.
func newHome(t *testing.T, bin string) string {
	t.Helper()
	home := filepath.Join(t.TempDir(), "node")
	if out, err := exec.Command(bin, "init", "--home", home, "--chain-id", chain).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	return home
}

// process is a running node.
type process struct {
	cmd    *exec.Cmd
	url    string
	stderr *lockedBuffer
	exit   chan int
}

// lockedBuffer is what a process wrote, while it goes on writing.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs a node until it serves; up is false where it ends before.
func start(t *testing.T, bin, home string) (p *process, up bool) {
	t.Helper()
	p = &process{cmd: exec.Command(bin, "start", "--home", home, "--listen", "127.0.0.1:0"), stderr: &lockedBuffer{}, exit: make(chan int, 1)}
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		testbin.Follow(out, func(url string) { found <- url })
		_ = p.cmd.Wait()
		p.exit <- p.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case p.url = <-found:
		return p, true
	case code := <-p.exit:
		p.exit <- code
		return p, false
	case <-time.After(60 * time.Second):
		t.Fatalf("the node isn't up after a minute:\n%s", p.stderr)
		return nil, false
	}
}

// ended waits for the process' end and returns its exit status.
func (p *process) ended(t *testing.T) int {
	t.Helper()
	select {
	case code := <-p.exit:
		return code
	case <-time.After(60 * time.Second):
		t.Fatalf("the node goes on:\n%s", p.stderr)
		return 0
	}
}

// stop ends the node as its operator does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.ended(t); code != 0 {
		t.Fatalf("stopped with status %d:\n%s", code, p.stderr)
	}
}

// wallet signs as the operator.
func (p *process) wallet(t *testing.T, home string) *client.Wallet {
	t.Helper()
	k, err := keyfile.Load(filepath.Join(home, "keys", "council.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	return client.New(p.url, chain, k.Party, k)
}

// council reads the council, and the height it was read at. Before the first
// block there is none.
func (p *process) council(t *testing.T) (*pb.Council, int64) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := client.Dial(p.url).GetCouncil(t.Context(), connect.NewRequest(&pb.GetCouncilRequest{}))
		if err == nil {
			return r.Msg.Council, r.Msg.Read.Height
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// busy makes blocks until the node ends or has reached a height.
func (p *process) busy(t *testing.T, home string, height int64) {
	t.Helper()
	w := p.wallet(t, home)
	for i := uint32(0); ; i++ {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		rec, err := w.Do(ctx, &pb.ProposeParamsRequest{Fields: []string{"quota_burst"}, Params: &pb.Params{QuotaBurst: 1000 + i}})
		cancel()
		if err != nil || rec.Height >= height {
			return
		}
	}
}

// TestUpgrade takes one chain over an upgrade. The old binary stops by itself
// before the height, with a status of its own, and will not start again; a new
// one that was started early ran by the old rules, so that the old one could go
// on after it; at the height it goes on by the new ones, from the same folder.
func TestUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two binaries")
	}
	old, next := build(t, ""), build(t, "2")
	home := newHome(t, old)
	p, up := start(t, old, home)
	if !up {
		t.Fatalf("the old binary doesn't start:\n%s", p.stderr)
	}
	_, h := p.council(t)
	at := h + 60
	if _, err := p.wallet(t, home).Do(t.Context(), &pb.ProposeUpgradeRequest{Name: "rehearsal", Height: at, Protocol: 2}); err != nil {
		t.Fatal(err)
	}
	p.busy(t, home, at-40)
	p.stop(t)

	early, up := start(t, next, home)
	if !up {
		t.Fatalf("the new binary doesn't start before the height:\n%s", early.stderr)
	}
	early.busy(t, home, at-20)
	if c, h := early.council(t); c.Protocol != 1 || h >= at || c.Upgrade.GetHeight() != at {
		t.Fatalf("before the height, at %d: %v", h, c)
	}
	early.stop(t)

	if p, up = start(t, old, home); !up {
		t.Fatalf("the old binary doesn't start after the new one:\n%s", p.stderr)
	}
	p.busy(t, home, at)
	if code := p.ended(t); code != 3 || !strings.Contains(p.stderr.String(), "upgrade rehearsal: from height") {
		t.Fatalf("at the height the old binary ended with status %d, and not 3, saying\n%s", code, p.stderr)
	}
	if strings.Contains(p.stderr.String(), "goroutine ") {
		t.Errorf("the old binary didn't stop cleanly:\n%s", p.stderr)
	}
	again, up := start(t, old, home)
	if up {
		t.Fatal("the old binary starts at the height of the upgrade")
	}
	if code := again.ended(t); code != 3 || !strings.Contains(again.stderr.String(), "start a program with protocol 2 on the same folder") {
		t.Errorf("started again, the old binary ended with status %d, saying\n%s", code, again.stderr)
	}

	p, up = start(t, next, home)
	if !up {
		t.Fatalf("the new binary doesn't go on:\n%s", p.stderr)
	}
	p.busy(t, home, at+3)
	c, h := p.council(t)
	if c.Protocol != 2 || c.Upgrade != nil || h < at+3 {
		t.Errorf("after the height, at %d: %v", h, c)
	}
	s, err := client.Dial(p.url).GetStatus(t.Context(), connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil || s.Msg.Protocol != 2 || s.Msg.Upgrade != nil {
		t.Errorf("after the height the status is %v, %v", s, err)
	}
	p.stop(t)
	if p, up = start(t, next, home); !up {
		t.Fatalf("the new binary doesn't start a second time:\n%s", p.stderr)
	}
	p.stop(t)

	late, up := start(t, old, home)
	if up {
		t.Fatal("the old binary starts after the upgrade")
	}
	if code := late.ended(t); code != 3 || !strings.Contains(late.stderr.String(), "the chain runs protocol 2; this program has 1 at most") {
		t.Errorf("after the upgrade, the old binary ended with status %d, saying\n%s", code, late.stderr)
	}
}
