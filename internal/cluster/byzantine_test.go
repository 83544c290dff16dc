//go:build linux

package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/cometbft/cometbft/privval"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testbin"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

//go:embed testdata/byzantine.go.txt
var byzantine []byte

// buildByzantine makes a binary whose validator lies. The product has no hook
// for that: this build sees two files of package node changed, and one more.
func buildByzantine() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/troth-ledger/troth/node").Output()
	if err != nil {
		return "", fmt.Errorf("go list, with %s to do it: %w", patience, err)
	}
	dir := strings.TrimSpace(string(out))
	replace := map[string]string{filepath.Join(dir, "byzantine.go"): filepath.Join(testbin.Dir(), "byzantine.go")}
	if err := os.WriteFile(filepath.Join(testbin.Dir(), "byzantine.go"), byzantine, 0o600); err != nil {
		return "", err
	}
	for file, method := range map[string]string{"propose.go": "PrepareProposal", "app.go": "ProcessProposal"} {
		src, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		was, is := ") "+method+"(", ") honest"+method+"("
		if strings.Count(string(src), was) != 1 {
			return "", fmt.Errorf("node/%s has not one method %s", file, method)
		}
		replace[filepath.Join(dir, file)] = filepath.Join(testbin.Dir(), file)
		if err := os.WriteFile(filepath.Join(testbin.Dir(), file), []byte(strings.Replace(string(src), was, is, 1)), 0o600); err != nil {
			return "", err
		}
	}
	overlay := filepath.Join(testbin.Dir(), "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		return "", err
	}
	return testbin.Build("troth-byzantine", "-overlay", overlay)
}

// honest is the kind that the liar proposes in the same way as its lies, and that
// a block may have.
const honest = "honest"

// TestByzantineProposer: whatever a proposer puts into a block that may not be
// there, the others vote for none of it, and go on with the next proposer. What
// may be there, they take from the same proposer.
func TestByzantineProposer(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two binaries and starts several nodes")
	}
	bin, err := buildByzantine()
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, 4, 0)
	liar := c.nodes[3]
	dir := filepath.Join(liar.home, "lies")
	liar.bin, liar.env = bin, []string{"TROTH_BYZANTINE=" + dir}
	c.begin(4)
	l := c.load()
	l.serves("all four run", 10)
	lies := c.lies(dir)
	c.proposed(dir, len(lies))
	at := c.executed(lies[honest][0])
	delete(lies, honest)
	c.rise("all four go on", 4)
	l.serves("all four serve", 10)
	l.agreed()
	for kind, ids := range lies {
		for _, id := range ids {
			if r, err := c.tx(0, id); client.CodeOf(err) != pb.Code_NOT_FOUND {
				t.Errorf("of %s, %s was executed: %v, %v", kind, id, r, err)
			}
		}
	}
	c.safe(l)
	said := saidIn(t, dir)
	by := privval.LoadFilePVEmptyState(node.ValidatorFile(liar.home), "").Key.Address
	for h, b := range c.nodes[0].blocks() {
		switch mine := bytes.Equal(b.proposer, by); {
		case h == at && (!mine || !slices.Contains(said[h], honest)):
			t.Errorf("%s was executed at height %d, where the liar proposed %v and made the block: %v", honest, h, said[h], mine)
		case h != at && mine && len(said[h]) > 0:
			t.Errorf("block %d is the liar's, who proposed %v", h, said[h])
		}
	}
	t.Logf("proposed in vain, but for what is honest at height %d: %v", at, said)
}

// proposed waits until the liar proposed all kinds. Each is given time of its own:
// every lie costs the chain a round.
func (c *cluster) proposed(dir string, kinds int) {
	c.t.Helper()
	had := 0
	for last := time.Now(); had < kinds; time.Sleep(100 * time.Millisecond) {
		said := saidIn(c.t, dir)
		if n := len(kindsOf(said)); n > had {
			had, last = n, time.Now()
		}
		if time.Since(last) > patience {
			c.t.Fatalf("for %s the liar proposed nothing of another kind; before, by height: %v", patience, said)
		}
	}
}

// executed waits until a block has a transaction, which must have succeeded, and
// returns the block's height.
func (c *cluster) executed(id string) int64 {
	c.t.Helper()
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		r, err := c.tx(0, id)
		if err == nil && r.Height > 0 {
			if r.Result.Code != 0 {
				c.t.Errorf("what the liar proposed and may be there was refused: %v", r)
			}
			return r.Height
		}
		if time.Since(start) > patience {
			c.t.Fatalf("after %s no block has %s, which the liar proposed and may be there: %v, %v", patience, id, r, err)
		}
	}
}

// tx is a transaction as a node has it.
func (c *cluster) tx(i int, id string) (*pb.TxRecord, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), answer)
	defer cancel()
	r, err := c.nodes[i].api.GetTx(ctx, connect.NewRequest(&pb.GetRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Tx, nil
}

// lies writes what the liar is to propose into a folder a kind, and returns by
// kind the ids of what must not be executed, and of what must.
func (c *cluster) lies(dir string) map[string][]string {
	c.t.Helper()
	pay := &pb.TransferRequest{To: c.keys["carrier"].Party, Amount: euros(1)}
	late, err := client.Body{ChainID: chain, Party: c.keys["modest"].Party, Expires: time.Now().Add(-time.Minute), Ops: []op.Message{pay}}.Sign(c.keys["modest"])
	if err != nil {
		c.t.Fatal(err)
	}
	forged := c.sign("modest", pay)
	forged[len(forged)-1] ^= 1
	var many []op.Message
	for range burst + 1 {
		many = append(many, pay)
	}
	again := c.sign("bank", &pb.IssueRequest{To: c.keys["modest"].Party, Amount: euros(1)})
	w := client.Wallet{API: c.nodes[0].api, Timeout: patience}
	ctx, cancel := c.soon()
	defer cancel()
	if _, err := w.Submit(ctx, again); err != nil {
		c.t.Fatal(err)
	}
	twice := c.sign("modest", pay)
	ids := map[string][]string{}
	for kind, txs := range map[string][][]byte{
		"forged": {forged}, "expired": {late}, "over-quota": {c.sign("modest", many...)}, "executed-before": {again}, "twice": {twice, twice}, "not-a-transaction": {[]byte("hello")},
		honest: {c.sign("modest", pay)},
	} {
		ids[kind] = nil
		tmp := filepath.Join(c.t.TempDir(), kind)
		if err := os.MkdirAll(tmp, 0o700); err != nil {
			c.t.Fatal(err)
		}
		for i, raw := range txs {
			if id, ok := client.ID(raw); ok && kind != "executed-before" {
				ids[kind] = append(ids[kind], id)
			}
			if err := os.WriteFile(filepath.Join(tmp, fmt.Sprint(i)), raw, 0o600); err != nil {
				c.t.Fatal(err)
			}
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			c.t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, kind)); err != nil {
			c.t.Fatal(err)
		}
	}
	return ids
}

// saidIn reads what the liar proposed, by height, one kind a round.
func saidIn(t *testing.T, dir string) map[int64][]string {
	b, err := os.ReadFile(dir + ".said")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	out := map[int64][]string{}
	for line := range strings.Lines(string(b)) {
		var h int64
		var kind string
		if n, _ := fmt.Sscan(line, &h, &kind); n == 2 {
			out[h] = append(out[h], kind)
		}
	}
	return out
}

func kindsOf(said map[int64][]string) map[string]bool {
	out := map[string]bool{}
	for _, kinds := range said {
		for _, kind := range kinds {
			out[kind] = true
		}
	}
	return out
}
