package tidy

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unordered are the places in ledger that go through something in no order:
// file, function and what it goes through, with why no result depends on it.
var unordered = map[string]string{
	"ledger/state/leaves.go packAll rows":       "what rows are packed, and in which order, never changes a result",
	"ledger/op/row.go Declared methods":         "sorted by code before it is returned",
	"ledger/op/row.go Rows table":               "sorted by code before it is returned",
	"ledger/invariant/check.go balance s.units": "of all the faults the first by name is told",
	"ledger/invariant/check.go balance s.held":  "of all the faults the first by name is told",
}

// TestMapOrder: what goes through a map in ledger goes through it in another
// order on every node, so each such place says why that reaches no result.
// Besides ranges it finds the functions that do the same.
func TestMapOrder(t *testing.T) {
	found := map[string]bool{}
	for _, p := range typed(t, "./ledger/...") {
		for _, f := range p.files {
			for _, d := range f.Decls {
				name := ""
				if fn, ok := d.(*ast.FuncDecl); ok {
					name = fn.Name.Name
				}
				inspect(d, p.info, func(n ast.Node, over ast.Expr) {
					at := p.fset.Position(n.Pos())
					key := strings.Join([]string{at.Filename, name, types.ExprString(over)}, " ")
					found[key] = true
					if unordered[key] == "" {
						t.Errorf("%s:%d: %q goes through it in no order: sort it, or say here why that can't reach a result", at.Filename, at.Line, key)
					}
				})
			}
		}
	}
	for key := range unordered {
		if !found[key] {
			t.Errorf("%q is excused and gone", key)
		}
	}
}

// inspect calls fn for what goes through a map, with the map.
func inspect(root ast.Node, info *types.Info, fn func(n ast.Node, over ast.Expr)) {
	sorted := map[ast.Expr]bool{}
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok {
				fn(n, n.X)
			}
		case *ast.CallExpr:
			callee := calleeOf(n, info)
			switch {
			case strings.HasPrefix(callee, "slices.Sorted") && len(n.Args) > 0:
				sorted[n.Args[0]] = true
			case disorderly[callee] && !sorted[n]:
				over := n.Fun
				if len(n.Args) > 0 && strings.HasPrefix(callee, "maps.") {
					over = n.Args[0]
				}
				fn(n, over)
			}
		}
		return true
	})
}

// disorderly are functions that go through something in no order.
var disorderly = map[string]bool{
	"maps.All": true, "maps.Keys": true, "maps.Values": true,
	"(*sync.Map).Range": true,
	"(google.golang.org/protobuf/reflect/protoreflect.Message).Range": true,
	"(google.golang.org/protobuf/reflect/protoreflect.Map).Range":     true,
}

// calleeOf is the full name of the function that is called, if it has one.
func calleeOf(c *ast.CallExpr, info *types.Info) string {
	fun := c.Fun
	if i, ok := fun.(*ast.IndexExpr); ok {
		fun = i.X
	}
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return ""
	}
	if f, ok := info.Uses[id].(*types.Func); ok {
		return f.Origin().FullName()
	}
	return ""
}

// checked is a package with its types.
type checked struct {
	fset  *token.FileSet
	files []*ast.File // with paths from the root
	info  *types.Info
}

// typed type-checks the packages of this module that fit a pattern. What they
// import is taken from the build cache.
func typed(t *testing.T, pattern string) []*checked {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles,DepOnly", pattern)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type listed struct {
		ImportPath, Export, Dir string
		GoFiles                 []string
		DepOnly                 bool
	}
	var all []listed
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all, exports[l.ImportPath] = append(all, l), l.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var made []*checked
	for _, l := range all {
		if l.DepOnly {
			continue
		}
		p := &checked{fset: fset, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
		for _, name := range l.GoFiles {
			rel := strings.TrimPrefix(l.ImportPath, module+"/") + "/" + name
			src, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(fset, rel, src, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			p.files = append(p.files, f)
		}
		if _, err := (&types.Config{Importer: imports}).Check(l.ImportPath, fset, p.files, p.info); err != nil {
			t.Fatal(err)
		}
		made = append(made, p)
	}
	return made
}
