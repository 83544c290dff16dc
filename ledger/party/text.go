package party

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// checkText refuses text that is too long or that shows something other than
// what it is: control characters, and marks that reverse the direction.
func checkText(field, s string, bytesMax int) error {
	if len(s) > bytesMax {
		return op.Errorf(pb.Code_TOO_LARGE, "%s has %d bytes; %d is the most", field, len(s), bytesMax)
	}
	if !utf8.ValidString(s) {
		return op.Errorf(pb.Code_INVALID, "%s is not UTF-8", field)
	}
	if i := strings.IndexFunc(s, hidden); i >= 0 {
		return op.Errorf(pb.Code_INVALID, "%s has a control character at byte %d", field, i)
	}
	return nil
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

func checkID(field, id string) error {
	if !op.IsID("p", id) {
		return op.Errorf(pb.Code_INVALID, "%s: %q is no party's id", field, id)
	}
	return nil
}
