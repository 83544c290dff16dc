// Command troth is the node, its tools and its client in one binary.
//
// One file is one command. What a command prints to people goes to standard
// output; errors go to standard error, and say what to do. The exit status is 1
// for an error, 2 for a command line that makes no sense, and 3 for a node whose
// chain goes on by rules that this program doesn't have: another start of it
// would be of no use.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/ledger/council"
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

// usageError is a command line that makes no sense.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// statusUpgrade is the exit status of a node that another version has to run.
const statusUpgrade = 3

// command runs the command line and returns the exit status.
func command(args []string) int {
	// A command that is interrupted ends what it has begun.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal finds nobody who listens, and ends the process at once.
	context.AfterFunc(ctx, stop)
	root := newRootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if err.Error() != "" {
		fmt.Fprintln(os.Stderr, "troth:", err)
	}
	var needed *council.UpgradeNeeded
	if errors.As(err, &needed) {
		return statusUpgrade
	}
	var usage usageError
	if errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command") {
		fmt.Fprintf(os.Stderr, "see: %s --help\n", cmd.CommandPath())
		return 2
	}
	return 1
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "troth",
		Short:         "A ledger where companies put their promises, and where keeping or breaking them settles itself",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddGroup(&cobra.Group{ID: groupNode, Title: "Run a node:"},
		&cobra.Group{ID: groupWrite, Title: "Write promises, and sign:"},
		&cobra.Group{ID: groupRead, Title: "Read:"})
	add(root, groupNode, newInitCommand(), newStartCommand(), newTestnetCommand(), newDemoCommand(), newWebhooksCommand(), newValidatorCommand(),
		newBackupCommand(), newFsckCommand(), newExportCommand(), newImportCommand())
	add(root, groupWrite, newPromiseCommand(), newTxCommand(), newKeyCommand(), newPartyCommand())
	add(root, groupRead, newStatusCommand(), newGetCommand(), newListCommand(), newWatchCommand(), newExplainCommand(), newHistoryCommand())
	root.AddCommand(newVersionCommand(), newReferenceCommand())
	root.InitDefaultCompletionCmd()
	saneUsage(root)
	return root
}

// Groups of the root's help.
const (
	groupNode  = "node"
	groupWrite = "write"
	groupRead  = "read"
)

func add(root *cobra.Command, group string, cmds ...*cobra.Command) {
	for _, c := range cmds {
		c.GroupID = group
	}
	root.AddCommand(cmds...)
}

// saneUsage makes every fault of the command line a usageError that says what
// would be right.
func saneUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err) })
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if err != nil && cmd.HasSubCommands() {
				return usageError{err}
			} else if err != nil {
				return usagef("%s: wanted is: %s", plural(len(args), "argument"), cmd.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		saneUsage(sub)
	}
}

// flagError adds the flag that was perhaps meant.
func flagError(cmd *cobra.Command, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	best, least := "", 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if n := client.Distance(name, f.Name); unknown && n < least {
			best, least = f.Name, n
		}
	})
	if best != "" {
		return usagef("%w; did you mean --%s?", err, best)
	}
	return usageError{err}
}

// only is the body of a command that has subcommands alone.
func only(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("%s has no %q%s", cmd.CommandPath(), args[0], hint)
}
