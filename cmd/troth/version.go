package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/internal/sbom"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/council"
)

// versionOutput is what was built, as --json prints it.
type versionOutput struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // unknown where the build wasn't told
	Modified bool   `json:"modified"` // the commit with changes on top
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Protocol uint32 `json:"protocol"` // the last version of the ledger's rules that it has
}

func newVersionCommand() *cobra.Command {
	var asJSON, bill bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, of which commit, and built with what",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("the binary was built without module support and doesn't know what it is made of")
			}
			w := cmd.OutOrStdout()
			if bill {
				return sbom.Write(w, info)
			}
			v := built(info)
			if asJSON {
				return show.WriteJSON(w, v)
			}
			commit := v.Commit
			if v.Modified {
				commit += ", with changes"
			}
			_, err := fmt.Fprintf(w, "troth     %s\ncommit    %s\ngo        %s %s\nprotocol  %d\n", v.Version, commit, v.Go, v.Platform, v.Protocol)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&bill, "sbom", false, "print what the binary is made of, as CycloneDX JSON")
	c.MarkFlagsMutuallyExclusive("json", "sbom")
	return c
}

func built(info *debug.BuildInfo) versionOutput {
	v := versionOutput{Version: version, Commit: "unknown", Go: info.GoVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH, Protocol: council.Newest()}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
