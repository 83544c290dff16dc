package ledger_test

import (
	"fmt"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
)

// Stories read templates as companies write them, with the parser that the
// command line has. Tests alone may look up from the ledger to the client.
func init() {
	parseTemplate = func(name string, b []byte) (*pb.Template, error) {
		f, faults := promisefile.Parse(name, b)
		if f == nil {
			return nil, fmt.Errorf("%v", faults)
		}
		return f.Template, nil
	}
}
