package promise

import (
	"fmt"
	"sort"

	"github.com/troth-ledger/troth/ledger/state"
)

// versionsMax is the highest version that Newest looks for.
const versionsMax = 1 << 20

// Newest returns the key of a template's highest version; name is
// `name@publisher`. Versions have no gaps, so it is found by halving.
func Newest(r state.Reader, name string) state.Key {
	n := sort.Search(versionsMax, func(i int) bool {
		return !Templates.Has(r, state.Key(fmt.Sprintf("%s/%d", name, i+1)))
	})
	return state.Key(fmt.Sprintf("%s/%d", name, max(n, 1)))
}
