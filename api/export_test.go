package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

var quietLog = slog.New(slog.NewTextHandler(io.Discard, nil))

// Hurry makes the API impatient, and its signs of life frequent, until the test
// ends. Servers made from then on have it.
func Hurry(t *testing.T, read, beat time.Duration) {
	was, wasBeat := readPatience, watchBeat
	readPatience, watchBeat = read, beat
	t.Cleanup(func() { readPatience, watchBeat = was, wasBeat })
}

// Lag makes streams that fall so far behind be cut off, until the test ends, and
// by nothing else: what is written may take as long as it likes.
func Lag(t *testing.T, max node.Lag) {
	was, wasPatience := watchLag, writePatience
	watchLag, writePatience = max, time.Hour
	t.Cleanup(func() { watchLag, writePatience = was, wasPatience })
}

// ToConnect is how the API reports an error.
func ToConnect(err error) error {
	return (&Server{log: quietLog}).toConnect(context.Background(), "test", err)
}

// Numbered makes an error with a code, as the API comes by one.
func Numbered(c pb.Code) error {
	if c == pb.Code_INTERNAL {
		return errors.New("the disk is on fire")
	}
	err := op.Errorf(c, "about %s", c)
	if c == pb.Code_RATE_LIMITED {
		return &limited{err, 2500 * time.Millisecond}
	}
	return err
}

// CallerOf is whom a request is counted for, and whether no limit applies, where
// 10.0.0.0/24 are trusted proxies and the loopback is exempt.
func CallerOf(t *testing.T, remote string, forwarded []string) (prefix string, free bool) {
	c := &node.Config{}
	c.API.Proxies, c.Limits.Exempt = []string{"10.0.0.0/24"}, []string{"127.0.0.0/8"}
	l, err := newLimits(c)
	if err != nil {
		t.Fatal(err)
	}
	who := l.caller(&http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": forwarded}})
	return who.prefix.String(), who.free
}
