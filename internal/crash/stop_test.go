package crash

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStop stops a node under load, as a service manager does: the process ends
// by itself, with status 0, and what it acknowledged is there afterwards.
func TestStop(t *testing.T) {
	h, p := begin(t)
	l := &load{}
	for range 2 {
		end := l.run(t, h, p)
		l.answered(t, several)
		p.terminate(t)
		if err := p.wait(t, "it was told to stop"); err != nil {
			t.Fatalf("the node ended with %v", err)
		}
		end()
		var up bool
		if p, up = h.start(t); !up {
			t.Fatal("the node doesn't start again")
		}
		l.check(t, h, p)
	}
	p.kill(t)
	h.replay(t)
}

// TestStopAtOnce: a second signal ends a node that still waits for a request.
func TestStopAtOnce(t *testing.T) {
	_, p := begin(t)
	request := p.hang(t)
	p.terminate(t)
	p.deaf(t)
	if err := request.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := request.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the first signal ended the request under way: %d bytes, %v", n, err)
	}
	// The node may have closed its door a moment before it lets go of signals.
	for start := time.Now(); time.Since(start) < patience; {
		p.terminate(t)
		select {
		case <-p.ended:
			var exit *exec.ExitError
			if !errors.As(p.exit, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Fatalf("the node ended with %v, not by the signal", p.exit)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("after %s of signals the node is still there", patience)
}

// hang makes a request whose body never comes, which keeps a stop waiting. It
// returns once the node asked for the body.
func (p *process) hang(t *testing.T) net.Conn {
	t.Helper()
	host := strings.TrimPrefix(p.url, "http://")
	c, err := net.DialTimeout("tcp", host, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(c, "POST /troth.v1.Ledger/GetStatus HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", host)
	if err != nil {
		t.Fatal(err)
	}
	const want = "HTTP/1.1 100 Continue\r\n\r\n"
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("the node does not ask for the request's body: %q, %v", got[:n], err)
	}
	return c
}

// terminate asks the node to stop, unless it has ended.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// deaf waits until nobody listens at the node's address: it heard the signal.
func (p *process) deaf(t *testing.T) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), patience)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			_ = c.Close()
		}
		if time.Since(start) > patience {
			t.Fatalf("it was told to stop, and takes connections %s later (%v)", patience, err)
		}
	}
}
