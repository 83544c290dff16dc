package tidy

import (
	"go/ast"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// draws are files where rapid's Skip throws a draw away, not a test.
var draws = map[string]bool{
	"ledger/promise/rule/wake_test.go":  true,
	"ledger/state/smt/property_test.go": true,
}

// TestSkips: a test is skipped with -short alone, which no check of ours gives.
// What a machine lacks is said with need.Missing, which fails where CI is set.
func TestSkips(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test() || s.dir() == "internal/need" || draws[s.path] {
			continue
		}
		short := map[ast.Node]bool{}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IfStmt:
				if c, ok := n.Cond.(*ast.CallExpr); ok && called(c) == "testing.Short" {
					for _, b := range n.Body.List {
						if x, ok := b.(*ast.ExprStmt); ok {
							short[x.X] = true
						}
					}
				}
			case *ast.CallExpr:
				_, name, _ := strings.Cut(called(n), ".")
				if (name == "Skip" || name == "Skipf" || name == "SkipNow") && !short[n] {
					t.Errorf("%s: %s: a test is skipped: use need.Missing", s.fset.Position(n.Pos()), called(n))
				}
			}
			return true
		})
	}
	for _, path := range []string{"Makefile", ".ci/run"} {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "-short") {
			t.Errorf("%s gives -short: tests would be skipped", path)
		}
	}
}

// called is what a call names, as in fmt.Print or c.t.Fatal; its last part alone
// matters where it is longer.
func called(c *ast.CallExpr) string {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := f.X.(*ast.Ident); ok {
		return x.Name + "." + f.Sel.Name
	}
	return "it." + f.Sel.Name
}
