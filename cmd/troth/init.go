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
	var home, chain, listen, operator string
	var demo bool
	var j joinFlags
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a node's folder: keys, genesis and one commented configuration file",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(j.nodes) > 0 {
				return j.run(cmd, home, listen)
			}
			if err := initHome(home, chain, listen, operator, demo); err != nil {
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
	c.Flags().StringVar(&operator, "operator", operatorDefault, "handle of the company that runs the node and has the council's only seat; its key is "+operatorKey)
	c.Flags().BoolVar(&demo, "demo", false, "with the demo companies: a bank, a shop, a carrier and others, whose keys are in keys/demo")
	j.flags(c)
	return c
}

// chainName makes up a chain's id where none is given.
func chainName(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return "troth-" + hex.EncodeToString(b[:]), nil
}

// initHome makes a node alone on a new chain.
func initHome(home, chain, listen, operator string, withDemo bool) error {
	chain, err := chainName(chain)
	if err != nil {
		return err
	}
	member, err := operatorParty(home, operator)
	if err != nil {
		return fmt.Errorf("making the operator: %w", err)
	}
	g := &pb.Genesis{Params: ledger.DefaultParams(), Parties: []*pb.Party{member}}
	if withDemo {
		parties, err := demoParties(filepath.Join(home, demoKeys))
		if err != nil {
			return fmt.Errorf("making the demo companies: %w", err)
		}
		g.Parties = append(g.Parties, parties...)
	}
	err = node.Init(home, node.Genesis{ChainID: chain, Time: time.Now(), State: g, Member: member.Id}, listen)
	if errors.Is(err, node.ErrExists) {
		return fmt.Errorf("%w; start it with: troth start --home %s", err, home)
	}
	return err
}
