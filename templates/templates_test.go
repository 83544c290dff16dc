package templates

import (
	"io/fs"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
)

// Every template of the library is without fault, without even a warning, and
// comes back the same from the file it is written to.
func TestLibrary(t *testing.T) {
	names, err := fs.Glob(FS, "*.yaml")
	if err != nil || len(names) < 17 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	german := 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			src, err := fs.ReadFile(FS, name)
			if err != nil {
				t.Fatal(err)
			}
			c, f, faults := promisefile.Load(name, src)
			for _, x := range faults {
				t.Error(x)
			}
			if c == nil {
				t.FailNow()
			}
			if want := strings.TrimSuffix(name, ".yaml"); f.Template.Name != want {
				t.Errorf("the file holds the template %s", f.Template.Name)
			}
			for _, x := range f.Template.Text {
				if x.Lang == "de" {
					german++
				}
			}
			if len(f.Template.Examples) < 3 {
				t.Error("fewer than three examples")
			}
			again, faults := promisefile.Parse(name, promisefile.Format(f.Template, f.Decimals))
			if again == nil {
				t.Fatalf("written and read: %v\n%s", faults, promisefile.Format(f.Template, f.Decimals))
			}
			if !proto.Equal(again.Template, f.Template) {
				t.Errorf("written and read it is another:\n%s", promisefile.Format(f.Template, f.Decimals))
			}
		})
	}
	if german < 4 {
		t.Errorf("%d templates in German", german)
	}
}

// Whatever happens, a promise of the library has no more than one settlement
// that ends it, and nothing is left in its holds then.
func TestLibrarySettles(t *testing.T) {
	names, _ := fs.Glob(FS, "*.yaml")
	for _, name := range names {
		src, _ := fs.ReadFile(FS, name)
		c, f, _ := promisefile.Load(name, src)
		if c == nil {
			continue // TestLibrary says why
		}
		for i := range f.Template.Examples {
			r, msg := c.RunExample(i, f.Decimals)
			if r == nil {
				t.Fatalf("%s: %s", name, msg)
			}
			for _, h := range r.Held {
				if r.Outcome != pb.Outcome_GOES_ON && h.Units != 0 {
					t.Errorf("%s, example %d: %d left in %s", name, i+1, h.Units, h.Name)
				}
			}
		}
	}
}
