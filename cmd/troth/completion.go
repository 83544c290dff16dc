package main

import "github.com/spf13/cobra"

// choose offers a flag's values to the shell's completion.
func choose(cmd *cobra.Command, flag string, values []string) {
	if cmd.Flags().Lookup(flag) == nil {
		return
	}
	// It fails only for a flag that is not there.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// complete makes a flag's values files with one of the endings.
func complete(cmd *cobra.Command, flag string, endings ...string) {
	_ = cmd.MarkFlagFilename(flag, endings...)
}
