package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

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

// Numbered makes an error with a code.
func Numbered(c pb.Code) error {
	if c == pb.Code_INTERNAL {
		return errors.New("the disk is on fire")
	}
	return op.Errorf(c, "about %s", c)
}
