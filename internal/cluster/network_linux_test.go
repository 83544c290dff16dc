package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// device is the name of the device in each node's network.
const device = "troth0"

// The first thread is what the system takes for the whole process, so no
// goroutine may take it into another network.
func init() { runtime.LockOSThread() }

// networks counts those that this process made.
var networks atomic.Int32

// namespaces are the nodes' networks.
type namespaces struct {
	names []string
	wire  *wire
}

// openNamespaces makes n networks with a wire between them. Where that isn't
// permitted here it says why; where it is and fails, that is an error.
func openNamespaces(t testing.TB, n int) (s *namespaces, why string) {
	t.Helper()
	if os.Getenv("TROTH_CLUSTER") == "loopback" {
		return nil, "TROTH_CLUSTER asks for the loopback"
	}
	if os.Geteuid() != 0 {
		return nil, "only root may make network namespaces"
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return nil, "there is no ip; it is in the package iproute2"
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return nil, err.Error()
	}
	_ = tun.Close()
	sweep(t)
	s = &namespaces{wire: newWire(t)}
	t.Cleanup(s.close)
	k := networks.Add(1)
	for i := range n {
		name := fmt.Sprintf("troth-%d-%d-%d", os.Getpid(), k, i+1)
		if _, err := ip("netns", "add", name); err != nil {
			if i == 0 {
				return nil, err.Error()
			}
			t.Fatal(err)
		}
		s.names = append(s.names, name)
		var tun *os.File
		if err := within(name, func() (err error) { tun, err = openTUN(); return err }); err != nil {
			t.Fatalf("the device of network %d: %v", i+1, err)
		}
		s.wire.plug(tun)
		for _, args := range []string{"addr add " + address(i) + "/24 dev " + device, "link set " + device + " up", "link set lo up"} {
			if _, err := ip(append([]string{"-n", name}, strings.Fields(args)...)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.wire.run()
	return s, ""
}

// ip runs iproute2's program and returns what it prints.
func ip(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ip", args...).Output()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("ip %s: not done in %s", strings.Join(args, " "), patience)
	case errors.As(err, &exit):
		err = fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return string(out), err
}

// address is a node's on the wire.
func address(i int) string { return "10.77.0." + strconv.Itoa(i+1) }

// within runs f in a network. Its thread is given up: it can't always go back.
func within(name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		fd, err := unix.Open("/run/netns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			_ = unix.Close(fd)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// dial connects from within a network.
func (s *namespaces) dial(ctx context.Context, i int, addr string) (c net.Conn, err error) {
	err = within(s.names[i], func() (err error) {
		c, err = (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp4", addr)
		return err
	})
	return c, err
}

// command is one that runs in a network.
func (s *namespaces) command(i int, bin string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", s.names[i], bin}, args...)...)
}

func (s *namespaces) close() {
	s.wire.close()
	for _, n := range s.names {
		remove(n)
	}
}

// remove ends what still runs in a network, and removes it.
func remove(name string) {
	out, _ := ip("netns", "pids", name)
	for _, f := range strings.Fields(out) {
		if pid, err := strconv.Atoi(f); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	for range 20 { // it may be in use for a moment
		if _, err := ip("netns", "del", name); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// sweep removes the networks of tests that were killed before they could.
func sweep(t testing.TB) {
	left, err := filepath.Glob("/run/netns/troth-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		var pid, k, i int
		name := filepath.Base(path)
		if _, err := fmt.Sscanf(name, "troth-%d-%d-%d", &pid, &k, &i); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			t.Logf("removing %s of an earlier test", name)
			remove(name)
		}
	}
}

// spawn starts commands from one thread that lives as long as this process, so
// that the kernel ends the children when this process ends, however it does.
var spawn = func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
}()

// startChild starts a command that ends with this process at the latest.
func startChild(c *exec.Cmd) error {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	spawn <- func() { done <- c.Start() }
	return <-done
}
