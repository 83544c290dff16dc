package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asCommand makes the test binary run as the command itself.
const asCommand = "TROTH_TEST_AS_COMMAND"

func init() {
	if os.Getenv(asCommand) != "" {
		os.Exit(command(os.Args[1:]))
	}
}

// The scripts of the commands for a template's author, run as processes of
// their own. They need no node.
func TestPromiseScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/promise_*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Files: files,
		Setup: func(env *testscript.Env) error {
			env.Setenv(asCommand, "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"troth": func(ts *testscript.TestScript, neg bool, args []string) {
				if err := ts.Exec(self, args...); (err != nil) != neg {
					ts.Fatalf("troth %s: %v", strings.Join(args, " "), err)
				}
			},
		}})
}

// A command line that makes no sense is told apart from a template with
// faults.
func TestPromiseUsage(t *testing.T) {
	for want, lines := range map[int][]string{
		2: {"promise check", "promise check --nothing x", "promise simulate a b", "promise simulate ../../templates/parcel-by-date.yaml --until soon"},
		1: {"promise check nowhere.yaml", "promise simulate ../../templates/parcel-by-date.yaml"},
		0: {"promise check ../../templates/parcel-by-date.yaml"},
	} {
		for _, line := range lines {
			if got := command(strings.Fields(line)); got != want {
				t.Errorf("%s: status %d, want %d", line, got, want)
			}
		}
	}
}
