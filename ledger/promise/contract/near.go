package contract

import (
	"strings"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// near ends a message about an unknown name with the nearest of the known
// ones, or with all of them.
func near(got string, names []string) string {
	best := rule.Nearest(got, names)
	switch {
	case best != "":
		return "; did you mean " + best + "?"
	case len(names) == 0:
		return ""
	}
	return "; there are " + strings.Join(names, ", ")
}
