package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/node"
)

func newStartCommand() *cobra.Command {
	var home, listen string
	var ifNew bool
	c := &cobra.Command{
		Use:   "start",
		Short: "Run a node until it is stopped",
		Long: `Run a node until it is stopped.

SIGTERM or Ctrl-C stops it: it takes no more requests, finishes those under way,
for five seconds at most, and the block at hand, and closes its stores. A second
signal ends the process at once, which loses nothing that was acknowledged. The
exit status is 0 after a clean stop, 1 for an error, 2 for a command line that
makes no sense, and 3 where the chain goes on by rules that this program doesn't
have.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ifNew {
				if _, err := os.Stat(filepath.Join(home, "genesis.json")); os.IsNotExist(err) {
					if err := initHome(home, "", listen, operatorDefault, true); err != nil {
						return err
					}
				}
			}
			return runNode(cmd.Context(), home, listen, func(r *running) { r.greet(cmd, home) })
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder")
	c.Flags().StringVar(&listen, "listen", "", "where the API is served, in place of what the configuration says")
	c.Flags().BoolVar(&ifNew, "demo", false, "make the folder with the demo companies first, if it isn't there")
	return c
}

// running is a node with its API.
type running struct {
	node   *node.Node
	server *api.Server
	url    string
	// operator is where metrics and health are; empty for nowhere.
	operator string
}

// runNode runs a node and its API until ctx ends. ready is called once both are up.
func runNode(ctx context.Context, home, listen string, ready func(*running)) error {
	node.TuneCollector()
	c, err := node.LoadConfig(home)
	if err != nil {
		return err
	}
	if listen != "" {
		c.API.Listen = listen
		if err := c.Check(); err != nil {
			return err
		}
	}
	log := c.Logger(os.Stderr)
	if err := node.Join(ctx, c, sources(c.Join.Nodes), log); err != nil {
		return err
	}
	// The port first: a node that nobody can reach shouldn't make blocks.
	l, err := api.Listen(c.API.Listen)
	if err != nil {
		return err
	}
	op, err := api.ListenOperator(c)
	if err != nil {
		_ = l.Close()
		return err
	}
	n, err := node.Start(c, log)
	if err != nil {
		_ = l.Close()
		if op != nil {
			_ = op.Close()
		}
		return err
	}
	s := api.New(n, c, version, log)
	done := make(chan error, 2)
	go func() { done <- s.Serve(l) }()
	r := &running{node: n, server: s, url: "http://" + l.Addr().String()}
	if op != nil {
		r.operator = "http://" + op.Addr().String()
		go func() { done <- s.ServeOperator(op) }()
	}
	ready(r)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-done:
	case <-n.Failed():
		err = n.Err()
	}
	if e := stopNode(s, n); err == nil {
		err = e
	}
	return err
}

const (
	// answerTime is how long requests under way may take when a node stops.
	answerTime = 5 * time.Second
	// stopTime is how long the block at hand and the stores may take then.
	stopTime = 30 * time.Second
)

// stopNode finishes what is under way and closes everything, within a bound.
func stopNode(s *api.Server, n *node.Node) error {
	quick, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	err := s.Stop(quick)
	stopped := make(chan error, 1)
	go func() { stopped <- n.Stop() }()
	select {
	case e := <-stopped:
		return errors.Join(err, e)
	case <-time.After(stopTime):
		return fmt.Errorf("the node did not stop within %s; what was acknowledged is on disk, and the next start sees to the rest", stopTime)
	}
}

func (r *running) greet(cmd *cobra.Command, home string) {
	fmt.Fprintf(cmd.OutOrStdout(), `Troth is running on chain %s.

  API       %s  (Connect, gRPC and JSON; health at /healthz)
  status    troth status --node %s
  metrics   %s
  stories   troth demo     plays thirteen promises on a throwaway node
  data      %s             stop with Ctrl-C; the next start goes on from there

`, r.node.ChainID(), r.url, r.url, cmp.Or(r.operator, "nowhere: operator.listen is off"), home)
}
