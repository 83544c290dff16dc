package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestPatience: a node that takes connections and never answers is given up, with a word
// about what to do.
func TestPatience(t *testing.T) {
	usual := answerPatience
	answerPatience = 200 * time.Millisecond
	t.Cleanup(func() { answerPatience = usual })
	l, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections that nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, c := range map[string]struct {
		command *cobra.Command
		args    []string
	}{
		"get":    {newGetCommand(), []string{"party", "p_any"}},
		"list":   {newListCommand(), []string{"parties"}},
		"status": {newStatusCommand(), nil},
	} {
		var out bytes.Buffer
		c.command.SetOut(&out)
		c.command.SetErr(&out)
		c.command.SetArgs(append(c.args, "--node", l.Addr().String()))
		err := c.command.ExecuteContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), "gave no answer within 200ms") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

// The reference says how long the command line waits for a silent node.
func TestPatienceTold(t *testing.T) {
	told, err := os.ReadFile("../../docs/reference/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("silent for %.0f seconds", answerPatience.Seconds()); !strings.Contains(string(told), want) {
		t.Errorf("the reference doesn't say %q", want)
	}
}
