package op

import (
	"errors"
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
)

// Error is a numbered refusal. The message says what is wrong, with the value,
// and what would be right.
type Error struct {
	Code pb.Code
	Msg  string
}

func (e *Error) Error() string { return e.Msg }

// Errorf makes a refusal.
func Errorf(code pb.Code, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
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
