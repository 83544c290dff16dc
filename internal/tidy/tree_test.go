package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/troth-ledger/troth"
)

// source is a Go file that somebody wrote.
type source struct {
	path string // from the root, with slashes
	text string
	ast  *ast.File
	fset *token.FileSet
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// dir is the file's package, from the root.
func (s *source) dir() string { return filepath.ToSlash(filepath.Dir(s.path)) }

// files calls fn for every file of the tree but what is generated, fetched or
// somebody's data.
func files(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "gen" || name == "bin" || name == "dist" || strings.HasPrefix(name, "troth-data")) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			fn(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses every Go file that somebody wrote.
func sources(t *testing.T) []*source {
	t.Helper()
	var out []*source
	files(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		s := &source{path: path, text: string(b), fset: token.NewFileSet()}
		if s.ast, err = parser.ParseFile(s.fset, path, b, parser.ParseComments); err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if !ast.IsGenerated(s.ast) {
			out = append(out, s)
		}
	})
	return out
}

// TestSize: what doesn't fit on a few screens is two things.
func TestSize(t *testing.T) {
	const fileMax, functionMax = 400, 70
	for _, s := range sources(t) {
		if n := strings.Count(s.text, "\n"); n > fileMax {
			t.Errorf("%s has %d lines; %d is the most: split it by what it does", s.path, n, fileMax)
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || s.test() { // a test's table may be long
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > functionMax {
				t.Errorf("%s: %s has %d lines; %d is the most", s.path, f.Name.Name, n, functionMax)
			}
		}
	}
}

// TestWords: unfinished work belongs in an issue, and a path of somebody's
// machine is of no use to anybody else.
func TestWords(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir() == "internal/tidy" {
			continue
		}
		for i, line := range strings.Split(s.text, "\n") {
			for _, word := range []string{"TODO", "FIXME", "// XXX", "XXX:", "HACK", "/root/", "/home/", "/work/", "/Users/"} {
				if strings.Contains(line, word) {
					t.Errorf("%s:%d: %s", s.path, i+1, word)
				}
			}
		}
	}
}

// TestDocumented: a public declaration says what it is.
func TestDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.ast.Name.Name == "main" {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && public(d.Recv) && !standard[d.Name.Name] {
					t.Errorf("%s: %s has no comment", s.path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if x, ok := spec.(*ast.TypeSpec); ok && x.Name.IsExported() && d.Doc == nil && x.Doc == nil {
						t.Errorf("%s: %s has no comment", s.path, x.Name.Name)
					}
				}
			}
		}
	}
}

// standard are methods that every reader of Go knows.
var standard = map[string]bool{"Error": true, "Unwrap": true, "String": true, "Is": true, "Len": true, "Less": true, "Swap": true}

// public says whether a receiver's type is, true for none. Methods of private
// types implement somebody else's interface.
func public(recv *ast.FieldList) bool {
	if recv == nil {
		return true
	}
	exported := false
	ast.Inspect(recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = exported || id.IsExported()
		}
		return true
	})
	return exported
}
