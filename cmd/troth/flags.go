package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"connectrpc.com/connect"
	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/op"
)

const nodeDefault = "http://127.0.0.1:8700"

// session is what every command that speaks to a node has.
type session struct {
	cmd    *cobra.Command
	node   string
	json   bool
	output string

	api  pbconnect.LedgerClient
	dir  *client.Directory
	conn *client.Conn
}

// flags adds the flags of a session to a command.
func (s *session) flags(cmd *cobra.Command) {
	s.cmd = cmd
	f := cmd.Flags()
	f.StringVar(&s.node, "node", "", "the node's API; TROTH_NODE, or "+nodeDefault+", where not given")
	f.BoolVar(&s.json, "json", false, "print JSON, as --output json does")
	f.StringVar(&s.output, "output", "text", "text or json")
	choose(cmd, "output", []string{"text", "json"})
}

// open checks the flags and makes the clients. It calls nobody.
func (s *session) open() error {
	if s.output != "text" && s.output != "json" {
		return usagef("--output is text or json, not %q", s.output)
	}
	s.json = s.json || s.output == "json"
	if s.node == "" {
		s.node = os.Getenv("TROTH_NODE")
	}
	if s.node == "" {
		s.node = nodeDefault
	}
	if u, err := url.Parse(s.node); err == nil && u.Scheme != "" && u.Host != "" && u.Scheme != "http" && u.Scheme != "https" {
		return usagef("--node is an address such as %s, not %q", nodeDefault, s.node)
	}
	patient := client.WithPatience(answerPatience)
	s.api, s.conn = client.Dial(s.node, patient), client.NewConn(s.node, patient)
	s.dir = client.NewDirectory(s.api)
	return nil
}

func (s *session) printer(ctx context.Context) *show.Printer {
	return &show.Printer{Context: ctx, Directory: s.dir}
}

// answerPatience is how long a node may take to answer where nothing is waited for but
// the answer.
var answerPatience = 30 * time.Second

// call calls an rpc by its name.
func (s *session) call(ctx context.Context, rpc string, req, res op.Message) error {
	defer s.busy("waiting for " + s.node)()
	return s.explain(s.conn.Call(ctx, rpc, req, res))
}

// explain says what to do about an error.
func (s *session) explain(err error) error {
	if err == nil {
		return nil
	}
	if d := client.Detail(err); d != nil {
		return fmt.Errorf("%s (%s)", d.Message, d.Code)
	}
	var e *connect.Error
	switch {
	case errors.As(err, &e) && e.Code() == connect.CodeUnavailable:
		return fmt.Errorf("no node answers at %s: start one with: troth start, or name another with --node or TROTH_NODE", s.node)
	case errors.As(err, &e) && (e.Code() == connect.CodeUnknown || e.Code() == connect.CodeUnimplemented):
		return fmt.Errorf("%s is no Troth node: %w; check --node", s.node, err)
	case errors.Is(err, keyfile.ErrWrongPassphrase):
		return fmt.Errorf("%w; try again, or check TROTH_PASSPHRASE and --passphrase-file", err)
	case errors.Is(err, fs.ErrNotExist) && errors.Is(err, errKey):
		return fmt.Errorf("%w with: troth key new", err)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	}
	return err
}

// busyAfter is how long something takes before it shows that it goes on.
const busyAfter = 2 * time.Second

// busy shows on a terminal that something is going on, once it takes a while,
// until what it returns is called.
func (s *session) busy(what string) (done func()) {
	if !isTerminal(os.Stderr) {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		start := time.Now()
		select {
		case <-stop:
			return
		case <-time.After(busyAfter):
		}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			fmt.Fprint(os.Stderr, "\r\x1b[K"+busyLine(i, what, time.Since(start), columns(os.Stderr)))
			select {
			case <-stop:
				fmt.Fprint(os.Stderr, "\r\x1b[K")
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// busyLine is what is shown at a step, in less than width columns: a line that
// wraps can't be written over. The time is what stays.
func busyLine(step int, what string, took time.Duration, width int) string {
	after := fmt.Sprintf(", %.0f s ", took.Seconds())
	text := []rune(what)
	if room := max(0, width-3-len(after)); len(text) > room {
		text = append(text[:max(0, room-1)], '…')
	}
	return string(`|/-\`[step%4]) + " " + string(text) + after
}
