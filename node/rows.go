package node

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/troth-ledger/troth/ledger/state"
)

// RowChange is what a block did to one row.
type RowChange struct {
	Table, ID     string
	Before, After state.Record // nil for a new row and for a removed one
	About         []string     // the objects in whose history the change belongs
}

func concerns(ids []string, id string, about []string) bool {
	return len(ids) == 0 || slices.Contains(ids, id) ||
		slices.ContainsFunc(about, func(a string) bool { return slices.Contains(ids, a) })
}

// Merge makes one change of several of the same row, in the order in which the
// rows were first touched, and leaves out rows that came and went.
func Merge(changes []state.Change) []RowChange {
	type place struct {
		table string
		key   state.Key
	}
	at := make(map[place]int, len(changes))
	out := make([]RowChange, 0, len(changes))
	for _, c := range changes {
		k := place{c.Table(), c.Key()}
		i, seen := at[k]
		if !seen {
			i = len(out)
			at[k] = i
			out = append(out, RowChange{Table: k.table, ID: RowID(k.key), Before: c.Before()})
		}
		out[i].After = c.After()
		if h := c.History(); len(h) > 0 {
			out[i].About = h
		}
	}
	return slices.DeleteFunc(out, func(c RowChange) bool { return c.Before == nil && c.After == nil })
}

// RowID is a row's key as the API shows it: parts separated by slashes, numbers
// in decimal.
func RowID(k state.Key) string {
	// A number is eight bytes with a zero first; no text has a zero byte.
	if len(k) == 8 && k[0] == 0 {
		return strconv.FormatUint(state.ParseU64(string(k)), 10)
	}
	if head, tail, ok := strings.Cut(string(k), "\x00"); ok && len(tail) == 8 && tail[0] == 0 {
		return head + "/" + strconv.FormatUint(state.ParseU64(tail), 10)
	}
	if s := k.String(); utf8.ValidString(s) {
		return s
	}
	return fmt.Sprintf("%x", string(k))
}
