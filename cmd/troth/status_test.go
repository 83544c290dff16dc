package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestStatusRows: what a status says, within 80 columns however large its
// numbers are.
func TestStatusRows(t *testing.T) {
	now := time.Now()
	most := &status{at: now, GetStatusResponse: &pb.GetStatusResponse{ChainId: strings.Repeat("c", 50), Height: 1 << 62, Time: timestamppb.New(now.Add(-100 * time.Hour)),
		Version: "v12.34.56", Pool: 10_000_000, Objects: 1 << 50, Peers: 1000, Validators: 100, VotingPower: 1 << 40, OwnPower: 1 << 30,
		TransactionsLastMinute: 6_000_000, Protocol: 11, Upgrade: &pb.Upgrade{Name: strings.Repeat("u", 20), Height: 1 << 40, Protocol: 12}},
		node: &api.NodeStatus{Usage: node.Usage{Disk: 1 << 45, DiskFree: 1 << 45, Memory: 1 << 35}}}
	var b bytes.Buffer
	if err := (&statusCommand{}).print(&b, most); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"state         not ready", "100h0m0s ago", "100000.0 a second", "32.0 TiB, and 32.0 TiB free", "rules         11\n", "to rules 12"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if got := fit("abcdefgh\nabc", 6); got != "abcd…\nabc" {
		t.Errorf("%q", got)
	}
}

// TestStatusWatch: without a terminal each status follows the one before, and a
// node's operator is told more.
func TestStatusWatch(t *testing.T) {
	n := testnode.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), watchEvery+watchEvery/2)
	defer cancel()
	c := newStatusCommand()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetArgs([]string{"--watch", "--node", n.URL, "--home", n.Home})
	if err := c.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if got := strings.Count(text, "height "); got != 2 {
		t.Errorf("%d times", got)
	}
	if strings.Contains(text, "\x1b") || !strings.Contains(text, "\n\nchain id") || strings.Count(text, "memory ") != 2 {
		t.Errorf("%q", text)
	}
}
