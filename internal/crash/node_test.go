package crash

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

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
	// patience is how long anything may take that should happen soon: this is
	// for machines that are busy with other things.
	patience = 90 * time.Second
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

	ended   chan struct{} // closed when it has
	exit    error         // how; set before ended is closed, as is the next
	printed bytes.Buffer  // to standard output
}

// start runs the binary and waits until it serves, or ends by itself.
func (h *home) start(t *testing.T, env ...string) (p *process, up bool) {
	t.Helper()
	bin, err := testbin.Build("troth")
	if err != nil {
		t.Fatal(err)
	}
	p = &process{cmd: exec.Command(bin, "start", "--home", h.dir, "--listen", "127.0.0.1:0"), ended: make(chan struct{})}
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
	t.Cleanup(func() { p.kill(t) }) // whatever becomes of the test
	found := make(chan string, 1)
	go func() {
		defer close(p.ended)
		testbin.Follow(io.TeeReader(out, &p.printed), func(url string) { found <- url })
		p.exit = p.cmd.Wait()
	}()
	select {
	case p.url = <-found:
		p.api = client.Dial(p.url)
		return p, true
	case <-p.ended:
		return p, false
	case <-time.After(patience):
		t.Fatalf("the node neither serves nor ends in %s", patience)
		return nil, false
	}
}

// wait waits until the process has ended, and returns how. why is what it should
// end of.
func (p *process) wait(t *testing.T, why string) error {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s, and the node is still there after %s", why, patience)
	}
	return p.exit
}

// kill ends the process at once.
func (p *process) kill(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.wait(t, "it was killed")
}
