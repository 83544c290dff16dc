package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// sdkSubjects are bank sends of the Cosmos SDK, run by the program of bench/sdk.
func sdkSubjects() []subject {
	variant := func(id, name, what string, args ...string) subject {
		return subject{id, name, "ops/s", what, func(ctx context.Context, b *bench) (runner, error) {
			if _, err := os.Stat(b.sdk); err != nil {
				return nil, skip{fmt.Sprintf("%s is not built", b.sdk)}
			}
			dir, err := os.MkdirTemp(b.dir, "sdk-")
			if err != nil {
				return nil, err
			}
			args := append(args, "-home", filepath.Join(dir, "home"), "-accounts", fmt.Sprint(b.size.Parties), "-txs", fmt.Sprint(b.size.Sends))
			return openProgram(ctx, dir, b.sdk, args...)
		}}
	}
	return []subject{
		variant("sdk-sequential", "Cosmos SDK 0.55.0, sequential", "bank sends through CometBFT 0.40.0, handed to its mempool in the same process; goleveldb", "-mode", "chain"),
		variant("sdk-stm", "Cosmos SDK 0.55.0, Block-STM", "the same, blocks run by Block-STM", "-mode", "chain", "-stm"),
		variant("sdk-exec", "Cosmos SDK 0.55.0, execution alone", "FinalizeBlock and Commit of 2,000 sends, IAVL over a database in memory, no consensus", "-mode", "exec"),
		variant("sdk-exec-stm", "Cosmos SDK 0.55.0, Block-STM alone", "the same, run by Block-STM", "-mode", "exec", "-stm"),
	}
}
