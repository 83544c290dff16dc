package contract

import (
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
)

// Whatever bytes a template is made of, compiling, checking and running it
// comes to an end without a panic, and a contract that is admitted can be
// explained.
func FuzzAdmit(f *testing.F) {
	for _, t := range []*pb.Template{parcel(), monthly(), disputed()} {
		b, err := t.MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tp := &pb.Template{}
		if tp.UnmarshalVT(b) != nil {
			return
		}
		c, problems := Compile(tp)
		if c == nil {
			if !failed(problems) {
				t.Fatal("refused without an error")
			}
			return
		}
		c.Check()
		c.RunExamples()
		c.Explain(Reading{})
		for _, x := range tp.Examples {
			if p, err := c.Begin(x.Given); err == nil {
				c.Explain(Reading{Promise: p, Lang: "de-AT"})
			}
		}
	})
}
