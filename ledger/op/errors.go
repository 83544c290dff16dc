package op

import (
	"errors"
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
)

// Error is a numbered refusal. The message says what is wrong, with the value,
// and what would be right.
type Error struct {
	Code pb.Code
	Msg  string
}

func (e *Error) Error() string { return e.Msg }

// messageMax is the longest message, in bytes. A message repeats what was sent,
// and nodes keep it with the transaction: what was sent must not come back
// larger.
const messageMax = 1024

// Errorf makes a refusal. A message that is too long is cut.
func Errorf(code pb.Code, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if len(msg) > messageMax {
		msg = strings.ToValidUTF8(msg[:messageMax], "") + "…"
	}
	return &Error{code, msg}
}

// CodeOf is an error's number: OK for nil, INTERNAL for an error without one.
func CodeOf(err error) pb.Code {
	if err == nil {
		return pb.Code_OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return pb.Code_INTERNAL
}
