package tidy

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer is what the packages under a folder may import of this module.
type layer struct {
	dir string // the longest that fits counts
	may []string
	why string
}

// areas stand in the order in which they may use each other: to the left only.
var areas = []string{"party", "asset", "fact", "promise", "item", "seat", "market", "consent", "voice", "reach", "thread"}

// layers: dependencies point down. What isn't listed may import anything.
var layers = []layer{
	{"gen", nil, "generated from the schema, which knows nothing of Go"},
	{"ledger/sig", []string{"ledger/state/offheap"}, "signatures are bytes; it is imported by wallets too"},
	{"ledger/state/offheap", nil, "memory, for any program"},
	{"ledger/state/smt", []string{"ledger/state/offheap"}, "a tree of hashes, good for any program"},
	{"ledger/state", []string{"gen", "ledger/state/smt"}, "tables know records, not what they mean"},
	{"ledger/op", []string{"gen", "ledger/state", "ledger/sig"}, "the table of operations knows no operation"},
	{"ledger/promise/rule", []string{"gen"}, "the dialect is a package of its own"},
	{"ledger/invariant", []string{"gen", "ledger/state", "ledger/party", "ledger/asset", "ledger/fact", "ledger/council"}, "invariants look at rows, not at operations"},
	{"ledger/council", []string{"gen", "ledger/state", "ledger/sig", "ledger/op", "ledger/party"}, "the council governs the chain, whatever is on it"},
	{"ledger", []string{"gen", "ledger"}, "the rules don't know who runs them"},
	{"client", []string{"gen", "ledger", "client", "internal/schema"}, "importable by anyone: no node in it"},
	{"node", []string{"gen", "ledger", "node"}, "node, views and api meet only in cmd"},
	{"views", []string{"gen", "ledger", "views"}, "node, views and api meet only in cmd"},
}

// meeting are the packages above: they put the others together.
var meeting = []string{"cmd", "api", "internal", "web"}

func TestLayers(t *testing.T) {
	for _, s := range sources(t) {
		l := layerOf(s.dir())
		if l == nil || s.test() {
			continue
		}
		for _, i := range s.ast.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			dep, ours := strings.CutPrefix(path, module+"/")
			if !ours || within(dep, l.dir) && !areaOf(s.dir()).before(dep) {
				continue
			}
			if !slices.ContainsFunc(l.may, func(m string) bool { return within(dep, m) }) || areaOf(s.dir()).before(dep) {
				t.Errorf("%s imports %s; it may not: %s", s.path, dep, l.why)
			}
		}
	}
}

func layerOf(dir string) (found *layer) {
	for i := range layers {
		if l := &layers[i]; within(dir, l.dir) && (found == nil || len(l.dir) > len(found.dir)) {
			found = l
		}
	}
	return found
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// area is a place in the order of the areas; -1 for none.
type area int

func areaOf(dir string) area {
	rest, ok := strings.CutPrefix(dir, "ledger/")
	name, _, _ := strings.Cut(rest, "/")
	if !ok {
		return -1
	}
	return area(slices.Index(areas, name))
}

// before says whether a package belongs to an area to the right of this one, or
// stands above all areas.
func (a area) before(dep string) bool {
	return a >= 0 && (areaOf(dep) > a || dep == "ledger" || within(dep, "ledger/invariant"))
}

// TestLayersExist: a rule about a folder that is gone is a rule nobody reads.
func TestLayersExist(t *testing.T) {
	seen := map[string]bool{"views": true, "web": true, "gen": true} // not there yet, or generated
	for _, s := range sources(t) {
		for d := s.dir(); d != "."; d = d[:max(0, strings.LastIndexByte(d, '/'))] {
			seen[d] = true
			if !strings.Contains(d, "/") {
				break
			}
		}
	}
	for _, l := range layers {
		if !seen[l.dir] {
			t.Errorf("there is no %s", l.dir)
		}
	}
	for _, m := range meeting {
		if !seen[m] {
			t.Errorf("there is no %s", m)
		}
	}
}
