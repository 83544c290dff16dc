package node

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/consensus"

	"github.com/troth-ledger/troth/ledger"
)

// because expects that the node isn't ready, for a reason with these words.
func (w *world) because(words string) {
	w.t.Helper()
	w.disk = space{}
	h := w.Health()
	if h.Ready || !strings.Contains(strings.Join(h.Reasons, "\n"), words) {
		w.t.Errorf("%+v, want %q", h, words)
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(10)
	if h := w.Health(); !h.Ready || len(h.Reasons) != 0 || h.Height == 0 {
		t.Fatalf("%+v", h)
	}
	w.must(w.pay(0, 1))
	if v := w.Voters(); v.Count != 1 || v.Power != 10 || v.Own != 10 || v.Missing != 0 {
		t.Errorf("%+v", v)
	}
	if u := w.Usage(); u.Disk == 0 || u.Memory == 0 || u.DiskFree == 0 {
		t.Errorf("%+v", u)
	}

	// A block that doesn't come.
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	step := func(at string) {
		if at == "execute" {
			select {
			case held <- struct{}{}:
			default:
			}
			<-hold
		}
	}
	w.app.step.Store(&step)
	<-held
	p := &w.app.meter.pulse
	p.mu.Lock()
	p.last = time.Now().Add(-time.Hour)
	p.mu.Unlock()
	w.because("there was no block for 3600 s")
	none := func(string) {}
	w.app.step.Store(&none)
	close(hold)
	w.must(w.pay(0, 1))

	home := w.home
	w.home = filepath.Join(home, "gone")
	w.because("the disk can't be written")
	w.home, w.disk = home, space{}
	if h := w.Health(); !h.Ready {
		t.Errorf("%+v", h)
	}
	w.fault.set("the disk caught fire")
	_ = w.env.ConsensusState.(*consensus.State).Stop()
	<-w.Failed()
	w.because("the disk caught fire")
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Registry().Gather(); err != nil {
		t.Errorf("a scrape after the end: %v", err)
	}
}

// TestPulse counts the last minute, and sums up once in a while.
func TestPulse(t *testing.T) {
	p := &pulse{started: time.Now()}
	p.beat(5)
	if p.minute() != 0 {
		t.Error("the second under way counts")
	}
	now := time.Now().Unix()
	p.seconds = [61]beat{}
	for age, txs := range map[int64]int{0: 5, 1: 7, 59: 11, 101: 100} {
		p.seconds[(now-age)%61] = beat{now - age, txs}
	}
	if n := p.minute(); n != 18 {
		t.Errorf("%d in the last minute", n)
	}
	if _, _, _, ok := p.summary(); ok {
		t.Error("a summary at once")
	}
	p.since = time.Now().Add(-summaryEvery)
	if blocks, txs, _, ok := p.summary(); !ok || blocks != 1 || txs != 5 {
		t.Errorf("%d, %d, %v", blocks, txs, ok)
	}
	p.beat(0)
	p.since = time.Now().Add(-summaryEvery)
	if _, _, _, ok := p.summary(); ok {
		t.Error("a summary of nothing")
	}
}

// TestLogger: both forms, and a line for each block at debug alone.
func TestLogger(t *testing.T) {
	c := defaults(t.TempDir())
	for _, format := range []string{"text", "json"} {
		for _, level := range []string{"info", "debug"} {
			c.Log.Format, c.Log.Level = format, level
			var b bytes.Buffer
			log := c.Logger(&b)
			a := &app{log: log, meter: newMeter(), pool: newPool(1, 1)}
			a.tellLog(&decided{height: 7, done: &ledger.Executed{}})
			if got := strings.Contains(b.String(), "height"); got != (level == "debug") {
				t.Errorf("%s at %s: %q", format, level, b.String())
			}
			b.Reset()
			log.Info("hello", slog.Int("n", 1))
			if got := json.Valid(b.Bytes()); got != (format == "json") {
				t.Errorf("%s: %q", format, b.String())
			}
		}
	}
}

// TestKeylessGenesis: a validator without a key is an error, not a panic.
func TestKeylessGenesis(t *testing.T) {
	w := prepareWorld(t, 1)
	path := filepath.Join(w.c.Home, genesisFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc["validators"].([]any)[0].(map[string]any), "pub_key")
	if b, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	w.refuse("reading the genesis", "validator 1", "no pub_key")
}
