package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// TestEveryOperationHasHandlerAndScenario makes forgetting one impossible.
func TestEveryOperationHasHandlerAndScenario(t *testing.T) {
	for _, d := range op.Declared() {
		o := proto.GetExtension(d.Options(), pb.E_Op).(*pb.Op)
		if _, ok := op.Find(o.Code); !ok {
			t.Errorf("%d %s has no handler", o.Code, d.Name())
		}
		area := strings.ToLower(strings.TrimSuffix(string(d.Parent().Name()), "Ops"))
		file := filepath.Join("testdata", area, kebab(string(d.Name()))+".txtar")
		if o.Signer == pb.Op_LEDGER {
			continue // nobody can send it; it appears in the stories of others
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%d %s has no scenario: write %s", o.Code, d.Name(), file)
		}
	}
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// elsewhere are the codes that no scenario can bring about, each with the
// reason.
var elsewhere = map[pb.Code]string{
	pb.Code_OK:        "is no error",
	pb.Code_PRIVILEGE: "is a fault of Troth: a handler that does what its row doesn't allow",
	pb.Code_BUSY:      "is the node's, when its pool is full",
	pb.Code_TIMED_OUT: "is the API's, when a client would wait no longer",
	pb.Code_INTERNAL:  "is the node's, for its own faults",

	pb.Code_RATE_LIMITED: "is a node's own limit on an address or a party",
}

var refusedLine = regexp.MustCompile(`(?m)^\s+refused ([A-Z_]+)`)

// TestEveryErrorHasAScenario: each number stands in some story as refused.
func TestEveryErrorHasAScenario(t *testing.T) {
	seen := map[string]string{}
	for _, file := range scenarioFiles(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range refusedLine.FindAllStringSubmatch(string(b), -1) {
			seen[m[1]] = file
			if _, ok := pb.Code_value[m[1]]; !ok {
				t.Errorf("%s: no error is called %s", file, m[1])
			}
		}
	}
	var codes []int
	for n := range pb.Code_name {
		codes = append(codes, int(n))
	}
	slices.Sort(codes)
	for _, n := range codes {
		code := pb.Code(n)
		file, reason := seen[code.String()], elsewhere[code]
		switch {
		case file == "" && reason == "":
			t.Errorf("%d %s appears in no scenario", n, code)
		case file != "" && reason != "":
			t.Errorf("%d %s appears in %s; take it off the list of those that don't", n, code, file)
		}
	}
}

// TestOperationTable compares the whole table with a golden file: a change of
// it is a change of the protocol, for a reviewer to see. Write it anew with
// go test ./ledger -run TestOperationTable -update.
func TestOperationTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# code  operation  signer  may  area of its handler\n")
	for _, d := range op.Declared() {
		o := proto.GetExtension(d.Options(), pb.E_Op).(*pb.Op)
		area := "none"
		if row, ok := op.Find(o.Code); ok {
			area = row.Area
		}
		var may []string
		for _, p := range o.May {
			may = append(may, p.String())
		}
		fmt.Fprintf(&b, "%d  %-16s %-9s %-28s %s\n", o.Code, d.Name(), o.Signer, strings.Join(may, "+"), area)
	}
	golden := filepath.Join("testdata", "table.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the operation table is not the golden one; if it should change, run this test with -update.\ngot:\n%s\nwant:\n%s", got, want)
	}
}
