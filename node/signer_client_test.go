package node

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
)

// While its signer is away a node waits for it once, and then no more: it keeps
// up with a chain that goes on without it. Where none would, it waits on. It
// signs again when the signer is back.
func TestSignerAway(t *testing.T) {
	dir, err := os.MkdirTemp("", "troth-") // a socket's path can't be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := privval.NewSignerListenerFromAddr("unix://"+socket, ed25519.GenPrivKey(), log.NewNopLogger())
	if err != nil {
		t.Fatal(err)
	}
	c, err := privval.NewSignerClient(l, testChain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Stop() })
	pv := privval.GenFilePV(filepath.Join(dir, "key"), filepath.Join(dir, "last"))
	serve := func() (end func()) {
		var over atomic.Bool // CometBFT's server may connect once more when it has stopped
		dial := func() (net.Conn, error) {
			if over.Load() {
				return nil, errors.New("the signer has ended")
			}
			return net.Dial("unix", socket)
		}
		e := privval.NewSignerDialerEndpoint(log.NewNopLogger(), dial,
			privval.SignerDialerEndpointConnRetries(1000), privval.SignerDialerEndpointRetryWaitInterval(20*time.Millisecond))
		server := privval.NewSignerServer(e, testChain, pv)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		return func() {
			over.Store(true)
			_ = server.Stop()
		}
	}
	end := serve()
	if err := c.WaitForConnection(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	var needed atomic.Bool
	s := newSigner(c, pv.Key.PubKey, needed.Load, quietLog)
	s.patience = 500 * time.Millisecond
	// height is what consensus asks for at one.
	height := func(h int64) (took time.Duration, failed int) {
		start := time.Now()
		if key, err := s.GetPubKey(); err != nil || !key.Equals(pv.Key.PubKey) {
			t.Fatal("it has another key", err)
		}
		for _, kind := range []cmtproto.SignedMsgType{cmtproto.PrevoteType, cmtproto.PrecommitType} {
			v := &cmtproto.Vote{Type: kind, Height: h, Timestamp: start.UTC()}
			if err := s.SignVote(testChain, v); err != nil {
				failed++
			} else if len(v.Signature) == 0 {
				t.Fatal("a vote without a signature")
			}
		}
		return time.Since(start), failed
	}
	if _, failed := height(1); failed != 0 {
		t.Fatalf("%d votes are not signed with the signer there", failed)
	}
	end()
	for h := int64(2); h < 5; h++ {
		if took, failed := height(h); failed != 2 || took > 2*time.Second {
			t.Fatalf("height %d took %s, %d of its votes failed", h, took, failed)
		}
	}
	// As long as CometBFT waits for a connection itself.
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if took, _ := height(5); took > 300*time.Millisecond {
			t.Fatalf("once it is known that the signer is away, a height took %s", took)
		}
	}

	// The chain stands still without it.
	needed.Store(true)
	signed := make(chan int, 1)
	go func() { _, failed := height(6); signed <- failed }()
	select {
	case failed := <-signed:
		t.Fatalf("%d votes failed that the chain waits for", failed)
	case <-time.After(2 * s.patience):
	}
	end = serve()
	select {
	case failed := <-signed:
		if failed != 0 || s.gone() {
			t.Fatalf("%d votes failed with the signer back", failed)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("with the signer back nothing is signed")
	}

	// A node that stops waits for nothing.
	end()
	go func() { _, failed := height(7); signed <- failed }()
	time.Sleep(100 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case failed := <-signed:
		if failed != 2 {
			t.Fatalf("%d votes failed", failed)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the end is waited for")
	}
}
