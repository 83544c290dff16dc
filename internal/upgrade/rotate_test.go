package upgrade

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/node"
)

// TestRotateAlone gives the only validator of a chain another key. The chain
// stands still from the second block on, and goes on when the node has the key.
func TestRotateAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a binary")
	}
	bin := build(t, "")
	home := newHome(t, bin)
	p, up := start(t, bin, home)
	if !up {
		t.Fatalf("the node doesn't start:\n%s", p.stderr)
	}
	p.council(t)
	w := p.wallet(t, home)
	next := filepath.Join(home, "keys", "validator-next.json")
	public, err := node.NewValidator(next)
	if err != nil {
		t.Fatal(err)
	}
	_, signature, err := node.Possession(next, chain, w.Party)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := w.Do(t.Context(), &pb.RotateValidatorRequest{Validator: public, Possession: signature})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // an idle chain makes a block a second
	if _, h := p.council(t); h > rec.Height+1 {
		t.Errorf("the old key signed height %d; it was rotated in %d", h, rec.Height)
	}
	p.stop(t)
	if out, err := exec.Command(bin, "validator", "use", next, "--home", home).CombinedOutput(); err != nil {
		t.Fatalf("using the new key: %v\n%s", err, out)
	}
	if p, up = start(t, bin, home); !up {
		t.Fatalf("the node doesn't start with the new key:\n%s", p.stderr)
	}
	p.busy(t, home, rec.Height+5)
	if _, h := p.council(t); h < rec.Height+5 {
		t.Fatalf("the chain stands at %d:\n%s", h, p.stderr)
	}
	r, err := client.Dial(p.url).GetMember(t.Context(), connect.NewRequest(&pb.GetRequest{Id: w.Party}))
	if err != nil || !bytes.Equal(r.Msg.Member.Validator, public) {
		t.Errorf("%v, %v", r, err)
	}
	p.stop(t)
}
