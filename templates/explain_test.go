package templates

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var update = flag.Bool("update", false, "write golden files")

// Every template with its first example in words, as a customer reads it. The
// golden file is there to be read by people, too.
func TestExplained(t *testing.T) {
	names, _ := fs.Glob(FS, "*.yaml")
	var b strings.Builder
	for _, name := range names {
		src, _ := fs.ReadFile(FS, name)
		c, f, faults := promisefile.Load(name, src)
		if c == nil {
			t.Fatal(faults)
		}
		r, msg := c.RunExample(0, f.Decimals)
		if r == nil {
			t.Fatal(msg)
		}
		fmt.Fprintf(&b, "=== %s\n", f.Template.Name)
		for _, lang := range []string{"en", "de"} {
			x := c.Explain(contract.Reading{Promise: r.Promise, Facts: r.Facts, Settlements: r.Settlements, Lang: lang, Decimals: f.Decimals})
			if lang == "de" {
				if strings.HasPrefix(b.String()[strings.LastIndex(b.String(), "=== "):], "=== "+f.Template.Name+"\n"+x.Text) {
					continue // there is one language only
				}
				fmt.Fprintf(&b, "\n%s\n", x.Text)
				continue
			}
			fmt.Fprintf(&b, "%s\n\n- %s\n\n> %s\n\n%s\n", x.Text, strings.Join(x.Clauses, "\n- "), strings.Join(x.Receipt, "\n> "),
				c.Explain(contract.Reading{Decimals: f.Decimals}).Ends)
		}
		b.WriteString("\n")
	}
	const golden = "testdata/explained.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("%s differs; -update writes it. Got:\n%s", golden, b.String())
	}
}
