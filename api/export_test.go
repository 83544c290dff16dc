package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var quietLog = slog.New(slog.NewTextHandler(io.Discard, nil))

// Hurry makes the API impatient, and its signs of life frequent, until the test
// ends. Servers made from then on have it.
func Hurry(t *testing.T, read, beat time.Duration) {
	was, wasBeat := readPatience, watchBeat
	readPatience, watchBeat = read, beat
	t.Cleanup(func() { readPatience, watchBeat = was, wasBeat })
}

// ToConnect is how the API reports an error.
func ToConnect(err error) error {
	return (&Server{log: quietLog}).toConnect(context.Background(), "test", err)
}

// StatusOf is a code's HTTP status.
func StatusOf(c pb.Code) int { return httpStatus(c) }

// KnownStatus says whether a status has a gRPC code.
func KnownStatus(status int) (connect.Code, bool) {
	c, ok := connectCodes[status]
	return c, ok
}

// Numbered makes an error with a code.
func Numbered(c pb.Code) error {
	if c == pb.Code_INTERNAL {
		return errors.New("the disk is on fire")
	}
	return op.Errorf(c, "about %s", c)
}
