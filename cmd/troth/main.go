// Command troth is the node, its tools and its client in one binary.
//
// One file is one command. What a command prints to people goes to standard
// output; errors go to standard error, and say what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the program's, as the build has it.
var version = func() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "dev"
}()

func main() { os.Exit(command(os.Args[1:])) }

// errSilent ends the program with status 1 where everything has been said.
var errSilent = errors.New("")

// command runs the command line and returns the exit status.
func command(args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	if err := root.ExecuteContext(context.Background()); err != nil {
		if err.Error() != "" {
			fmt.Fprintln(os.Stderr, "troth:", err)
		}
		return 1
	}
	return 0
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "troth",
		Short:         "A ledger where companies put their promises, and where keeping or breaking them settles itself",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newInitCommand(), newStartCommand(), newDemoCommand(), newPromiseCommand())
	return root
}
