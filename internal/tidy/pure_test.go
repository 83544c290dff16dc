package tidy

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// impure are imports that make nodes disagree.
var impure = map[string]string{
	"os":           "the ledger is the same on every machine",
	"net":          "the ledger talks to nobody",
	"net/http":     "the ledger talks to nobody",
	"math/rand":    "every node must draw the same",
	"math/rand/v2": "every node must draw the same",
	"crypto/rand":  "every node must draw the same",
	"unsafe":       "what it does depends on the machine",
	"sync":         "execution is serial; readers hold a View",
}

// excused are packages with the imports they may have all the same.
var excused = map[string]string{
	"ledger/state/offheap unsafe": "it makes items of memory; no result depends on where they lie",
	"ledger/state sync":           "it hashes on all cores and hands out views; no result depends on which is first",
	"ledger/state/disk sync":      "it tells once that a disk refuses a write; what is written is no part of it",
	"ledger/state/smt sync":       "it hashes on all cores; no result depends on which is first",
	"ledger/promise/rule sync":    "the environment is made once and scratch space is used again; neither is part of a result",
	"ledger/sig sync":             "the cache of keys is shared by verifiers; what it forgot changes no verdict",
}

// TestPure: in ledger there is no clock, network, disk, randomness, goroutine or
// float.
func TestPure(t *testing.T) {
	for _, s := range sources(t) {
		if !within(s.dir(), "ledger") || s.test() {
			continue
		}
		for _, i := range s.ast.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if why := impure[path]; why != "" && excused[s.dir()+" "+path] == "" {
				t.Errorf("%s imports %s: %s", s.path, path, why)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			at := func() token.Position { return s.fset.Position(n.Pos()) }
			switch n := n.(type) {
			case *ast.GoStmt:
				if !within(s.dir(), "ledger/state") && s.dir() != "ledger/sig" {
					t.Errorf("%s: a goroutine: execution is serial", at())
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && clock[n.Sel.Name] && !within(s.dir(), "ledger/state") {
					t.Errorf("%s: time.%s: block time is the only clock", at(), n.Sel.Name)
				}
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					if !floats[s.path] {
						t.Errorf("%s: %s: machines round as they like", at(), n.Name)
					}
				}
			}
			return true
		})
	}
}

var clock = map[string]bool{"Now": true, "Since": true, "Until": true, "After": true, "Sleep": true, "NewTimer": true, "NewTicker": true, "Tick": true}

// floats are files that may name a float, to refuse it.
var floats = map[string]bool{}

// TestMarks: the text of a file that somebody reads has no trailing spaces.
func TestMarks(t *testing.T) {
	for _, s := range sources(t) {
		for i, line := range strings.Split(s.text, "\n") {
			if strings.TrimRight(line, " \t") != line {
				t.Errorf("%s:%d: a trailing space", s.path, i+1)
			}
		}
	}
}
