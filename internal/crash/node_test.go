package crash

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/internal/testbin"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/node"
)

const (
	chain  = "troth-crash"
	people = 16
	units  = 1_000_000
	money  = "EUR@bank"
)

func TestMain(m *testing.M) { os.Exit(testbin.Main(m)) }

// who is a party with its key.
type who struct {
	id  string
	key *keyfile.Key
}

// home is a node's folder with its parties.
type home struct {
	dir  string
	bank who
	all  []who
}

func newHome(t *testing.T) *home {
	t.Helper()
	return newHomeIn(t, t.TempDir())
}

// newHomeIn makes the folder of a node in dir.
func newHomeIn(t *testing.T, dir string) *home {
	t.Helper()
	h := &home{dir: dir}
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	for i := range people + 1 {
		k, err := keyfile.Generate(sig.Ed25519, "", "")
		if err != nil {
			t.Fatal(err)
		}
		w := who{client.PartyID(k.Scheme(), k.Public(), fmt.Appendf(nil, "party %03d", i), ""), k}
		p := &pb.Party{Id: w.id, Kind: pb.PartyKind_PERSON, QuotaPerMinute: 1 << 30,
			Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}}
		if i == 0 {
			h.bank = w
			p.Kind, p.Name, p.Handle, p.Licensed = pb.PartyKind_COMPANY, "Bank", "bank", true
		} else {
			h.all = append(h.all, w)
		}
		g.Parties = append(g.Parties, p)
	}
	if err := node.Init(h.dir, node.Genesis{ChainID: chain, Time: time.Now(), State: g}, ""); err != nil {
		t.Fatal(err)
	}
	return h
}

// process is a running node.
type process struct {
	cmd *exec.Cmd
	url string
	api pbconnect.LedgerClient
	end chan error // its exit
}

// start runs the binary and waits until it serves, or ends by itself.
func (h *home) start(t *testing.T, env ...string) (p *process, up bool) {
	t.Helper()
	bin, err := testbin.Build("troth")
	if err != nil {
		t.Fatal(err)
	}
	p = &process{cmd: exec.Command(bin, "start", "--home", h.dir, "--listen", "127.0.0.1:0"), end: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), env...)
	log, err := os.OpenFile(filepath.Join(h.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill) // whatever becomes of the test
	found := make(chan string, 1)
	go func() {
		testbin.Follow(out, func(url string) { found <- url })
		p.end <- p.cmd.Wait()
	}()
	select {
	case p.url = <-found:
		p.api = client.Dial(p.url)
		return p, true
	case err := <-p.end:
		p.end <- err
		return p, false
	case <-time.After(30 * time.Second):
		p.kill()
		t.Fatal("the node isn't up after 30 seconds")
		return nil, false
	}
}

// kill ends the process at once.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.end
	p.end <- nil
}

// holding asks for what a party has.
func (p *process) holding(ctx context.Context, id string) (int64, error) {
	r, err := p.api.GetHolding(ctx, connect.NewRequest(&pb.GetHoldingRequest{Party: id, Asset: money}))
	if err != nil {
		return 0, err
	}
	return r.Msg.Holding.GetAvailable(), nil
}
