// Command sdk measures bank sends of the Cosmos SDK for bench, which starts it.
// It is a module of its own so that the SDK's dependencies reach nothing else.
//
// It says {"ready":true} once its chain stands. Then each line it reads makes one
// run, and each run one line: operations, seconds, and its own CPU seconds.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
)

// sample is one run, as bench reads it.
type sample struct {
	Ops     int     `json:"ops"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"`
}

// subject is a way to run sends. run gets signed transactions and returns once
// all are final, with the time that took.
type subject interface {
	run(txs [][]byte) (time.Duration, error)
	close() error
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
}

func serve() error {
	mode := flag.String("mode", "chain", "chain: through CometBFT, durable; exec: FinalizeBlock and Commit alone, in memory")
	stm := flag.Bool("stm", false, "run blocks with Block-STM")
	accounts := flag.Int("accounts", 100_000, "accounts in the genesis")
	txs := flag.Int("txs", 10_000, "sends in one run")
	perBlock := flag.Int("block", 2000, "sends in one block, for exec")
	home := flag.String("home", "", "an empty folder for chain")
	flag.Parse()

	w, err := newWorld(*accounts)
	if err != nil {
		return err
	}
	var s subject
	if *mode == "exec" {
		s, err = newExec(w, *stm, *perBlock)
	} else {
		s, err = newChain(w, *stm, *home, *txs)
	}
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Println(`{"ready":true}`)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		signed, err := w.sends(*txs)
		if err != nil {
			return err
		}
		before := cpu()
		took, err := s.run(signed)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(sample{len(signed), took.Seconds(), cpu() - before}); err != nil {
			return err
		}
	}
	return nil
}

// cpu is what this process has used so far, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
