package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/node"
)

const homeDefault = "troth-data"

func newInitCommand() *cobra.Command {
	var home, chain, listen string
	var demo bool
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a node's folder: keys, genesis and one commented configuration file",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := initHome(home, chain, listen, demo); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "made a node in %s; its configuration is %s\nstart it with: troth start --home %s\n",
				home, filepath.Join(home, node.ConfigFile), home)
			return nil
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder")
	c.Flags().StringVar(&chain, "chain-id", "", "the chain's id: a-z, 0-9 and -; made up where empty")
	c.Flags().StringVar(&listen, "listen", "", "where the API is served; 127.0.0.1:8700 where empty")
	c.Flags().BoolVar(&demo, "demo", false, "with the demo companies: a bank, a shop, a carrier and others, whose keys are in keys/demo")
	return c
}

// initHome makes a node alone on a new chain.
func initHome(home, chain, listen string, withDemo bool) error {
	if chain == "" {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return err
		}
		chain = "troth-" + hex.EncodeToString(b[:])
	}
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	if withDemo {
		parties, err := demoParties(filepath.Join(home, demoKeys))
		if err != nil {
			return fmt.Errorf("making the demo companies: %w", err)
		}
		g.Parties = parties
	}
	err := node.Init(home, node.Genesis{ChainID: chain, Time: time.Now(), State: g}, listen)
	if errors.Is(err, node.ErrExists) {
		return fmt.Errorf("%w; start it with: troth start --home %s", err, home)
	}
	return err
}
