package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troth-ledger/troth/internal/testnode"
)

// TestProveRotated: the genesis, and the validators that were remembered, still
// prove what a chain says whose only validator has another key by now.
func TestProveRotated(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	n := testnode.Start(t)
	get := func(args ...string) string {
		t.Helper()
		c := newGetCommand()
		var out bytes.Buffer
		c.SetOut(&out)
		c.SetErr(&out)
		c.SetArgs(append([]string{"holding", n.Ada.Party, testnode.EUR, "--prove", "--node", n.URL}, args...))
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		return out.String()
	}
	const proven, first, changed = "by 1 of 1 validators", "trusting its validators", "the validators changed"
	if out := get(); !strings.Contains(out, proven) || !strings.Contains(out, first) {
		t.Errorf("before:\n%s", out)
	}
	n.Rotate()
	if out := get("--trust", filepath.Join(n.Home, "genesis.json")); !strings.Contains(out, proven) {
		t.Errorf("by the genesis:\n%s", out)
	}
	if out := get(); !strings.Contains(out, proven) || !strings.Contains(out, changed) || strings.Contains(out, first) {
		t.Errorf("by what was remembered:\n%s", out)
	}
	if out := get(); !strings.Contains(out, proven) || strings.Contains(out, changed) {
		t.Errorf("once more:\n%s", out)
	}
}
