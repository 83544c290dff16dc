package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// stopPatience is how long a node may take to stop before it is killed; it is
// safe to kill one.
const stopPatience = 20 * time.Second

func newTestnetStartCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "start",
		Short: "Run all nodes of DIR on this machine, each as a process, until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			homes, err := testnetHomes(dir)
			if err != nil {
				return err
			}
			return runAll(cmd.Context(), cmd.OutOrStdout(), homes)
		},
	}
	c.Flags().StringVar(&dir, "dir", "testnet", "where the folders are")
	return c
}

// testnetHomes are the nodes' folders, in the order of their numbers.
func testnetHomes(dir string) (out []string, err error) {
	for i := 1; ; i++ {
		home := filepath.Join(dir, "node"+strconv.Itoa(i))
		if _, err := os.Stat(filepath.Join(home, "genesis.json")); err != nil {
			break
		}
		out = append(out, home)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no node1 in %s; make the folders with: troth testnet --dir %s", dir, dir)
	}
	return out, nil
}

// runAll runs a process for each folder and prints their lines, each behind its
// node's name. When ctx ends, it stops them all. Where one ends by itself, the
// others go on: that is what they are several for.
func runAll(ctx context.Context, w io.Writer, homes []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(name, line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s | %s\n", name, line)
	}
	errs := make([]error, len(homes))
	var wg sync.WaitGroup
	for i, home := range homes {
		name := filepath.Base(home)
		c := exec.CommandContext(ctx, program, "start", "--home", home)
		c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
		c.WaitDelay = stopPatience
		r, err := c.StdoutPipe()
		if err != nil {
			return err
		}
		c.Stderr = c.Stdout
		wg.Go(func() {
			if err := c.Start(); err != nil {
				errs[i] = fmt.Errorf("%s: %w", name, err)
				return
			}
			for lines := bufio.NewScanner(r); lines.Scan(); {
				say(name, lines.Text())
			}
			err := c.Wait()
			switch {
			case ctx.Err() != nil:
				say(name, "stopped")
			case err != nil:
				errs[i] = fmt.Errorf("%s: %w", name, err)
				say(name, "ended by itself: "+err.Error())
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
