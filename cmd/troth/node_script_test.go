package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/troth-ledger/troth/internal/reference"
	"github.com/troth-ledger/troth/internal/testnode"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"troth": main}) }

// TestNodeScripts runs the commands that speak to a node, each as a process of
// its own, against a real one. The scripts share it and run side by side: each
// makes what it needs. bank.key, shop.key, carrier.key, ada.key and ben.key are
// there, and $ADA and $BEN are their parties.
func TestNodeScripts(t *testing.T) {
	n := testnode.Start(t)
	var keys []string
	for _, name := range []string{"bank", "shop", "carrier", "ada", "ben"} {
		if err := os.MkdirAll(filepath.Join(n.Home, "keys"), 0o700); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, n.KeyFile(name))
	}
	templates, err := filepath.Abs("../../templates")
	if err != nil {
		t.Fatal(err)
	}
	// The scripts run in parallel: they must end before the node does.
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{Dir: "testdata/node", Setup: func(e *testscript.Env) error {
			e.Setenv("TROTH_NODE", n.URL)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
			e.Setenv("ADA", n.Ada.Party)
			e.Setenv("BEN", n.Ben.Party)
			e.Setenv("GENESIS", filepath.Join(n.Home, "genesis.json"))
			e.Setenv("TEMPLATES", templates)
			for _, k := range keys {
				b, err := os.ReadFile(k)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(e.WorkDir, filepath.Base(k)), b, 0o600); err != nil {
					return err
				}
			}
			return nil
		}})
	})
}

// TestReference: the pages in docs/reference are what this program would write.
func TestReference(t *testing.T) {
	for name, want := range reference.Pages(newRootCommand()) {
		got, err := os.ReadFile(filepath.Join("../../docs/reference", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("docs/reference/%s is stale: run go run ./cmd/troth reference docs/reference", name)
		}
	}
}
