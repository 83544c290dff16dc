package webhook_test

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestQueueRefused: once a write to the queue was refused, nothing is taken from
// the journal any more, which would grow without end: the node says so and ends.
func TestQueueRefused(t *testing.T) {
	r := newReceiver(t)
	n := testnode.Start(t)
	c, err := node.LoadConfig(n.Home)
	if err != nil {
		t.Fatal(err)
	}
	r.on("shop")(c)
	d, err := webhook.Open(n.Running, c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if h := n.Running.Health(); !h.Ready {
		t.Fatalf("%+v", h)
	}
	d.Refuse(errors.New("no space left on device"))
	select {
	case <-n.Running.Failed():
	case <-time.After(20 * time.Second):
		t.Fatal("the node goes on")
	}
	if h := n.Running.Health(); h.Ready || !strings.Contains(strings.Join(h.Reasons, "\n"), "the webhooks' queue: storage failed: no space left on device") {
		t.Errorf("%+v", h)
	}
	if err := d.Close(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("closing the queue: %v", err)
	}
	if err := n.Running.Stop(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("stopping the node: %v", err)
	}
}
