package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/node"
)

// watchEvery is how often a status that is watched is asked for.
const watchEvery = 2 * time.Second

// statusCommand is what troth status was asked for.
type statusCommand struct {
	session
	home  string
	watch bool
}

func newStatusCommand() *cobra.Command {
	s := &statusCommand{}
	c := &cobra.Command{
		Use:   "status",
		Short: "Say where the chain stands",
		Long: `Say where the chain stands, and how the node is that answers.

With --home it also says what the node takes of its machine, and why it isn't
ready where it isn't: that is for whoever may read the node's folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.find(); err != nil {
				return err
			}
			if s.watch {
				return s.keep(cmd.Context(), cmd.OutOrStdout())
			}
			st, err := s.ask(cmd.Context())
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), st)
		},
	}
	s.flags(c)
	c.Flags().StringVar(&s.home, "home", "", "the node's folder, for what only its operator is told")
	c.Flags().BoolVar(&s.watch, "watch", false, "show it anew every two seconds, until interrupted")
	return c
}

// find opens the session with the node of the folder, unless another is named.
func (s *statusCommand) find() error {
	if s.home != "" && s.node == "" && os.Getenv("TROTH_NODE") == "" {
		c, err := node.LoadConfig(s.home)
		if err != nil {
			return err
		}
		s.node = "http://" + c.API.Listen
	}
	return s.open()
}

// status is where a node stands.
type status struct {
	*pb.GetStatusResponse
	node *api.NodeStatus // nil where nobody asked as the operator
	at   time.Time
}

func (s *statusCommand) ask(ctx context.Context) (*status, error) {
	out := &status{GetStatusResponse: &pb.GetStatusResponse{}, at: time.Now()}
	if err := s.call(ctx, "GetStatus", &pb.GetStatusRequest{}, out.GetStatusResponse); err != nil {
		return nil, err
	}
	if s.home == "" {
		return out, nil
	}
	o := &operator{home: s.home, url: s.node}
	out.node = &api.NodeStatus{}
	return out, o.ask(ctx, http.MethodGet, "/operator/status", time.Minute, out.node)
}

// keep shows the status again and again: in place on a terminal, one below the
// other elsewhere.
func (s *statusCommand) keep(ctx context.Context, w io.Writer) error {
	f, ok := w.(*os.File)
	inPlace := ok && !s.json && isTerminal(f)
	lines := 0
	for {
		st, err := s.ask(ctx)
		if ctx.Err() != nil {
			return nil // that is how it ends
		}
		var b strings.Builder
		if err != nil {
			fmt.Fprintf(&b, "troth: %v\n", err) // the node may come back
		} else if err := s.print(&b, st); err != nil {
			return err
		}
		text := b.String()
		if inPlace {
			text = fit(text, columns(f))
			if lines > 0 {
				fmt.Fprintf(w, "\x1b[%dA\x1b[J", lines)
			}
			lines = strings.Count(text, "\n")
		} else if lines++; lines > 1 && !s.json {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchEvery):
		}
	}
}

// fit cuts lines that would wrap: what wraps can't be written over.
func fit(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if r := []rune(l); len(r) >= width && width > 1 {
			lines[i] = string(r[:width-2]) + "…"
		}
	}
	return strings.Join(lines, "\n")
}

func (s *statusCommand) print(w io.Writer, st *status) error {
	if s.json {
		return st.json(w, s.watch)
	}
	for _, row := range st.rows() {
		if _, err := fmt.Fprintf(w, "%-14s%s\n", row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

// json writes the fields of GetStatusResponse, and under node what the operator
// is told.
func (st *status) json(w io.Writer, line bool) error {
	b, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(st.GetStatusResponse)
	if err != nil {
		return err
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	if st.node != nil {
		all["node"] = st.node
	}
	if line {
		return json.NewEncoder(w).Encode(all)
	}
	return show.WriteJSON(w, all)
}

// rows are the status in words, a line each, for 80 columns.
func (st *status) rows() (rows [][2]string) {
	add := func(name, format string, args ...any) {
		rows = append(rows, [2]string{name, fmt.Sprintf(format, args...)})
	}
	add("chain id", "%s", show.Clean(st.ChainId))
	add("height", "%d, %s", st.Height, ago(st.at.Sub(st.Time.AsTime())))
	add("state", "%s", st.state())
	own := "this node's is none of them"
	if st.OwnPower > 0 {
		own = fmt.Sprintf("this node's has %d", st.OwnPower)
	}
	if st.Validators == 0 {
		own = "known after the next block"
	}
	add("validators", "%d with a power of %d; %s", st.Validators, st.VotingPower, own)
	add("peers", "%d", st.Peers)
	add("transactions", "%.1f a second over the last minute; %d wait", float64(st.TransactionsLastMinute)/60, st.Pool)
	add("objects", "%d", st.Objects)
	if n := st.node; n != nil {
		add("disk", "%s, and %s free", size(n.Disk), size(n.DiskFree))
		add("memory", "%s", size(n.Memory))
		for _, why := range n.Reasons {
			add("not ready", "%s", show.Clean(why))
		}
	}
	add("rules", "%d", st.Protocol)
	upgrade := "none is scheduled"
	if u := st.Upgrade; u != nil {
		upgrade = fmt.Sprintf("%s at height %d, to rules %d", show.Clean(u.Name), u.Height, u.Protocol)
	}
	add("upgrade", "%s", upgrade)
	add("version", "%s", show.Clean(st.Version))
	return rows
}

func (st *status) state() string {
	switch {
	case st.CatchingUp:
		return "catching up with the other nodes"
	case st.node != nil && !st.node.Ready:
		return "not ready"
	}
	return "up to date"
}

// ago says how long ago something was. A block's time may be ahead of this
// machine's clock.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "its time ahead of this clock"
	case d < time.Minute:
		return fmt.Sprintf("%.1f s ago", d.Seconds())
	}
	return fmt.Sprintf("%s ago", d.Round(time.Second))
}

// size shows bytes to people.
func size(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, units := float64(n)/unit, []string{"KiB", "MiB", "GiB", "TiB"}
	for f >= unit && len(units) > 1 {
		f, units = f/unit, units[1:]
	}
	return fmt.Sprintf("%.1f %s", f, units[0])
}
