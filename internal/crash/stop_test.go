package crash

import (
	"errors"
	"io"
	"net/http"
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
		done := l.run(t, h, p)
		time.Sleep(500 * time.Millisecond)
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-p.end:
			p.end <- err
			if err != nil {
				t.Fatalf("the node ended with %v", err)
			}
		case <-time.After(40 * time.Second):
			t.Fatal("the node is still there")
		}
		done.Wait()
		var up bool
		if p, up = h.start(t); !up {
			t.Fatal("the node doesn't start again")
		}
		l.check(t, h, p)
	}
	p.kill()
	h.replay(t)
}

// TestStopAtOnce: a second signal ends a node that still waits for a request.
func TestStopAtOnce(t *testing.T) {
	_, p := begin(t)
	// A stream of a body that never comes keeps the first stop waiting.
	pr, pw := io.Pipe()
	defer pw.Close()
	go func() {
		req, _ := http.NewRequest(http.MethodPost, p.url+"/troth.v1.Ledger/GetStatus", pr)
		req.Header.Set("Content-Type", "application/json")
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	if _, err := pw.Write([]byte(strings.Repeat(" ", 4096))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	for range 2 {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	select {
	case err := <-p.end:
		p.end <- err
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("the node ended with %v, not by the signal", err)
		}
	case <-time.After(3 * time.Second):
		t.Fatal("the node is still there")
	}
}
