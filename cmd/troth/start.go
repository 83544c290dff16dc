package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
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
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ifNew {
				if _, err := os.Stat(filepath.Join(home, "genesis.json")); os.IsNotExist(err) {
					if err := initHome(home, "", listen, true); err != nil {
						return err
					}
				}
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return runNode(ctx, home, listen, func(r *running) { r.greet(cmd, home) })
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
}

// runNode runs a node and its API until ctx ends. ready is called once both are up.
func runNode(ctx context.Context, home, listen string, ready func(*running)) error {
	c, err := node.LoadConfig(home)
	if err != nil {
		return err
	}
	if listen != "" {
		c.API.Listen = listen
	}
	log := logger(c.Log.Level)
	// The port first: a node that nobody can reach shouldn't make blocks.
	l, err := api.Listen(c.API.Listen)
	if err != nil {
		return err
	}
	n, err := node.Start(c, log)
	if err != nil {
		_ = l.Close()
		return err
	}
	s := api.New(n, c, version, log)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	ready(&running{node: n, server: s, url: "http://" + l.Addr().String()})
	select {
	case <-ctx.Done():
		err = nil
	case err = <-done:
	case <-n.Failed():
		err = n.Err()
	}
	quick, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if e := s.Stop(quick); err == nil {
		err = e
	}
	if e := n.Stop(); err == nil {
		err = e
	}
	return err
}

func (r *running) greet(cmd *cobra.Command, home string) {
	fmt.Fprintf(cmd.OutOrStdout(), `Troth is running on chain %s.

  API       %s  (Connect, gRPC and JSON; health at /healthz)
  status    troth status --node %s
  stories   troth demo     plays thirteen promises on a throwaway node
  data      %s             stop with Ctrl-C; the next start goes on from there

`, r.node.ChainID(), r.url, r.url, home)
}

func logger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}
