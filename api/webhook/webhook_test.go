package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestEvents: what a block changed comes as CloudEvents, filtered by table and
// by id, with what was before and after.
func TestEvents(t *testing.T) {
	all, bens, templates := newReceiver(t), newReceiver(t), newReceiver(t)
	n := testnode.Start(t, all.on("all"),
		func(c *node.Config) { c.Block.Idle = 50 * time.Millisecond })
	n.Restart(bens.on("bens", ids(n.Ben.Party)), templates.on("none", func(w *node.Webhook) { w.Tables = []string{"templates"} }))
	before := len(all.wait(4)) // the funding of four wallets
	rec := pay(t, n)
	got := all.wait(before + 2)[before:]
	bens.wait(1)
	for _, e := range got {
		want := received{WebhookID: e.WebhookID, SpecVersion: "1.0", Type: "io.troth.holding.changed", Time: rec.Time.AsTime(),
			ID: fmt.Sprintf("%s/%d/holdings/%s", n.ChainID, rec.Height, e.Subject), Source: "troth://" + n.ChainID + "/" + n.Running.ID(), Subject: e.Subject}
		want.Data = e.Data
		if fmt.Sprint(e) != fmt.Sprint(want) {
			t.Errorf("event\n%+v, want\n%+v", e, want)
		}
		if e.Data.Height != rec.Height || e.Data.Table != "holdings" || e.Data.ID != e.Subject {
			t.Errorf("data %+v", e.Data)
		}
		if strings.ContainsAny(e.WebhookID, ". ") || e.WebhookID == "" {
			t.Errorf("webhook-id %q", e.WebhookID)
		}
	}
	if e := bens.events[0]; e.Subject != n.Ben.Party+"/"+testnode.EUR || e.Data.Before["available"] != fmt.Sprint(testnode.Funds) || e.Data.After["available"] != fmt.Sprint(testnode.Funds+1) {
		t.Errorf("Ben's holding: %+v", e)
	}
	if len(bens.events) != 1 || len(templates.events) != 0 {
		t.Errorf("%d and %d events came, not 1 and 0", len(bens.events), len(templates.events))
	}
}

// TestFacts: without tables, everything is told but the ledger's bookkeeping.
func TestFacts(t *testing.T) {
	r := newReceiver(t)
	n := testnode.Start(t, r.on("everything", func(w *node.Webhook) { w.Tables = nil }))
	if _, err := n.Carrier.Do(t.Context(), &pb.SubmitFactRequest{Statements: []*pb.Statement{statement("parcel:1")}}); err != nil {
		t.Fatal(err)
	}
	for have := 6; ; have++ {
		got := r.wait(have)
		i := slices.IndexFunc(got, func(e received) bool { return e.Type == "io.troth.fact.created" })
		if i < 0 {
			continue
		}
		if d := got[i].Data; !slices.Contains(d.About, "parcel:1") || d.Before != nil || d.After["attester"] != n.Carrier.Party {
			t.Errorf("the fact: %+v", got[i])
		}
		for _, e := range got {
			if !slices.Contains([]string{"parties", "handles", "assets", "holdings", "facts", "council", "validators", "members", "params"}, e.Data.Table) {
				t.Errorf("%s was told", e.ID)
			}
		}
		return
	}
}

// TestDown: what changes while the receiver is down, and while the node is
// stopped and started, comes later; once each, with the same ids.
func TestDown(t *testing.T) {
	was := webhook.Default
	webhook.Default.Attempts = 1000
	t.Cleanup(func() { webhook.Default = was })
	r := newReceiver(t)
	n := testnode.Start(t, r.on("shop"))
	r.wait(4)
	url := r.URL
	r.Close()
	for range 5 {
		pay(t, n)
	}
	n.Restart()
	pay(t, n)
	again := newReceiver(t)
	n.Restart(func(c *node.Config) {
		if c.Webhooks[0].URL != url {
			t.Errorf("url %s", c.Webhooks[0].URL)
		}
		c.Webhooks[0].URL = again.URL
	})
	seen := map[string]bool{}
	for _, e := range again.wait(12) {
		if e.Type != "io.troth.holding.changed" || seen[e.ID] {
			t.Errorf("unexpected or twice: %s %s", e.Type, e.ID)
		}
		seen[e.ID] = true
	}
}

// TestOrder: events of one subject come in the ledger's order.
func TestOrder(t *testing.T) {
	r := newReceiver(t)
	n := testnode.Start(t, r.on("shop"))
	for range 40 {
		pay(t, n)
	}
	last := map[string]int64{}
	for _, e := range r.wait(84) {
		if e.Data.Height < last[e.Subject] {
			t.Errorf("%s: height %d after %d", e.Subject, e.Data.Height, last[e.Subject])
		}
		last[e.Subject] = e.Data.Height
	}
}

// TestGap: heights that were committed while no webhook was configured can't be
// told, and that is said.
func TestGap(t *testing.T) {
	r := newReceiver(t)
	n := testnode.Start(t, r.on("shop"))
	before := len(r.wait(4))
	n.Restart(off)
	missed := pay(t, n)
	n.Restart(r.on("shop"))
	rec := pay(t, n)
	got := r.wait(before + 3)[before:]
	i := slices.IndexFunc(got, func(e received) bool { return e.Type == "io.troth.gap" })
	if i < 0 {
		t.Fatalf("no gap among %+v", got)
	}
	if g := got[i].Data; g.From > missed.Height || g.To < missed.Height || g.To >= rec.Height {
		t.Errorf("the gap is %d to %d; missed was %d, told %d", g.From, g.To, missed.Height, rec.Height)
	}
}

// TestRetries: a receiver that fails is asked again, with the same id; one that
// is slow or dead delays neither the chain nor the other.
func TestRetries(t *testing.T) {
	// Whatever waited for the slow one would wait for an hour: longer than
	// anything here has patience for.
	was := webhook.Default
	webhook.Default.Timeout = time.Hour
	t.Cleanup(func() { webhook.Default = was })
	flaky, good, slow := newReceiver(t), newReceiver(t), newReceiver(t)
	flaky.answer = func(_ received, try int) int {
		if try < 3 {
			return []int{http.StatusServiceUnavailable, http.StatusBadRequest}[try-1]
		}
		return http.StatusNoContent
	}
	release := make(chan struct{})
	var asked, answered atomic.Int32
	slow.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-release
		answered.Add(1)
	})
	t.Cleanup(func() { close(release) })
	n := testnode.Start(t, flaky.on("flaky"), good.on("good"), slow.on("slow"))
	for range 10 {
		pay(t, n)
	}
	good.wait(24)
	for _, e := range flaky.wait(24) {
		if got := flaky.tries[e.WebhookID]; got != 3 {
			t.Errorf("%s was delivered at attempt %d, not 3", e.ID, got)
		}
	}
	if asked.Load() == 0 || answered.Load() != 0 {
		t.Errorf("the slow receiver was asked %d times and answered %d; all of this was to be beside one that has not answered", asked.Load(), answered.Load())
	}
}

func statement(subject string) *pb.Statement {
	return &pb.Statement{Subject: subject, Kind: "delivered", At: now(), Reference: "r"}
}

var errStatus = errors.New("status")
