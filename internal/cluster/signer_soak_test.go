//go:build linux && soak

package cluster

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/need"
	"github.com/troth-ledger/troth/node"
)

const (
	// signerEnv makes this test's program a signer: an address, a key's file and
	// the file of what it signed last, with spaces between.
	signerEnv = "TROTH_CLUSTER_SIGNER"
	// signerAt is where the node waits for it.
	signerAt = "127.0.0.1:26659"
)

// init makes the program a signer before it would run tests.
func init() {
	if args := os.Getenv(signerEnv); args != "" {
		runSigner(args)
	}
}

// runSigner signs for a node until the process ends: CometBFT's own signer.
func runSigner(args string) {
	var addr, key, last string
	if _, err := fmt.Sscan(args, &addr, &key, &last); err != nil {
		panic(err)
	}
	dial := privval.DialTCPFn(addr, 3*time.Second, ed25519.GenPrivKey())
	e := privval.NewSignerDialerEndpoint(log.NewNopLogger(), dial,
		privval.SignerDialerEndpointConnRetries(math.MaxInt), privval.SignerDialerEndpointRetryWaitInterval(200*time.Millisecond))
	if err := privval.NewSignerServer(e, chain, privval.LoadFilePV(key, last)).Start(); err != nil {
		panic(err)
	}
	select {}
}

// TestRemoteSigner runs a validator whose key is with another process. The chain
// goes on while the signer is away, and the node signs again when it is back.
func TestRemoteSigner(t *testing.T) {
	c := newCluster(t, 4, 0)
	if c.net.ns == nil {
		need.Missing(t, "it needs network namespaces: only there is the signer's port known to be free")
	}
	m := c.nodes[3]
	conf := filepath.Join(m.home, node.ConfigFile)
	b, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	was, is := "\n  listen: \"\"\n\nsnapshots:", "\n  listen: tcp://"+signerAt+"\n\nsnapshots:"
	if strings.Count(string(b), was) != 1 {
		t.Fatalf("%s has no signer.listen before snapshots", conf)
	}
	if err := os.WriteFile(conf, []byte(strings.Replace(string(b), was, is, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	vault := t.TempDir()
	key := filepath.Join(vault, "validator.json")
	if err := os.Rename(node.ValidatorFile(m.home), key); err != nil {
		t.Fatal(err)
	}
	address := privval.LoadFilePVEmptyState(key, "").Key.Address
	last := filepath.Join(vault, "last.json")
	if err := os.WriteFile(last, []byte(`{"height":"0","round":0,"step":0}`), 0o600); err != nil {
		t.Fatal(err)
	}
	end := c.signFor(3, key, last)
	c.begin(4)
	l := c.load()
	l.serves("all four run", 10)
	signed := func(why string, want bool) {
		t.Helper()
		for start := time.Now(); c.signedLately(address) != want; time.Sleep(300 * time.Millisecond) {
			if time.Since(start) > patience {
				t.Fatalf("%s: whether the validator signs is not %v after %s", why, want, patience)
			}
		}
		t.Log(why)
	}
	signed("the remote signer signs", true)
	end()
	signed("without its signer the validator doesn't", false)
	c.rise("three go on", 3, 0, 1, 2)
	c.signFor(3, key, last)
	signed("the signer is back", true)
	c.rise("all four go on", 3)
	l.agreed()
	c.safe(l)
}

// signFor starts a signer for a node, and returns what ends it.
func (c *cluster) signFor(i int, key, last string) (end func()) {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := c.net.command(i, self)
	cmd.Env = append(os.Environ(), signerEnv+"="+signerAt+" "+key+" "+last)
	if err := startChild(cmd); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	end = func() {
		_ = cmd.Process.Kill()
		c.await(ended, patience, "the signer of node %d ends, which was killed", i+1)
	}
	c.t.Cleanup(end)
	return end
}

// lately is how many blocks say whether a validator signs: the vote of one that
// does may come too late for a block.
const lately = 5

// signedLately says whether a validator signed one of the last blocks.
func (c *cluster) signedLately(address []byte) bool {
	c.t.Helper()
	ctx, cancel := c.soon()
	defer cancel()
	for top, back := c.height(0), int64(0); back < min(lately, top); back++ {
		r, err := c.nodes[0].api.ReadHeader(ctx, connect.NewRequest(&pb.ReadHeaderRequest{Height: top - back}))
		if err != nil {
			c.t.Fatal(err)
		}
		var h cmtproto.SignedHeader
		if err := h.Unmarshal(r.Msg.SignedHeader); err != nil {
			c.t.Fatal(err)
		}
		for _, s := range h.Commit.Signatures {
			if s.BlockIdFlag == cmtproto.BlockIDFlagCommit && bytes.Equal(s.ValidatorAddress, address) {
				return true
			}
		}
	}
	return false
}
