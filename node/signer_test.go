package node

import (
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/privval"
)

// TestSignerElsewhere runs a node whose validator's key is with a signer, twice:
// CometBFT's signer doesn't connect again after a node ended. internal/cluster
// has the signer go away.
func TestSignerElsewhere(t *testing.T) {
	w := prepareWorld(t, 2)
	dir, err := os.MkdirTemp("", "troth-") // a socket's path can't be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	key, last, socket := filepath.Join(dir, "key"), filepath.Join(dir, "last"), filepath.Join(dir, "s")
	for from, to := range map[string]string{validatorKey: key, validatorLast: last} {
		if err := os.Rename(filepath.Join(w.c.Home, from), to); err != nil {
			t.Fatal(err)
		}
	}
	w.c.Signer.Listen = "unix://" + socket
	for i := range 2 {
		e := privval.NewSignerDialerEndpoint(log.NewNopLogger(), privval.DialUnixFn(socket),
			privval.SignerDialerEndpointConnRetries(math.MaxInt), privval.SignerDialerEndpointRetryWaitInterval(20*time.Millisecond))
		s := privval.NewSignerServer(e, testChain, privval.LoadFilePV(key, last))
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		w.start()
		if i == 0 {
			w.mint(100)
		} else {
			w.must(w.pay(0, 5))
		}
		if err := errors.Join(w.Stop(), s.Stop()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestClearSocket: only a socket where nobody listens is removed.
func TestClearSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "troth-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	left, live, file := filepath.Join(dir, "left"), filepath.Join(dir, "live"), filepath.Join(dir, "file")
	for path, open := range map[string]bool{left: false, live: true} {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		if open {
			defer l.Close()
		} else if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{left: false, live: true, file: true} {
		clearSocket("unix://" + path)
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}
