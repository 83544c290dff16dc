package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	"time"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/node"
)

// nodeCommand is the argument with which this program is a node that can be
// profiled. The figures come from the program under test itself; only the
// profiles come from here.
const nodeCommand = "node"

// serveNode runs a node until ctx ends. A line it reads is the name of a file: the
// processor profile that it begins then goes there when its input ends.
func serveNode(ctx context.Context, args []string) (err error) {
	f := flag.NewFlagSet(nodeCommand, flag.ContinueOnError)
	home := f.String("home", "", "the node's folder")
	if err := f.Parse(args); err != nil {
		return err
	}
	node.TuneCollector()
	c, err := node.LoadConfig(*home)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	l, err := api.Listen(c.API.Listen)
	if err != nil {
		return err
	}
	n, err := node.Start(c, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s := api.New(n, c, "bench", log)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	profiled := make(chan error, 1)
	go func() { profiled <- profileOnRequest(os.Stdin) }()
	fmt.Printf("http://%s\n", l.Addr())
	select {
	case <-ctx.Done():
	case <-n.Failed():
		err = n.Err()
	}
	quick, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(err, s.Stop(quick), <-done, n.Stop(), <-profiled)
}

// profileOnRequest takes one profile, from the line that names its file to the
// end of the input.
func profileOnRequest(in io.Reader) error {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return lines.Err()
	}
	f, err := os.Create(lines.Text())
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = io.Copy(io.Discard, in)
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
