package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

func newValidatorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validator",
		Short: "Make a validator's key, and prove that it is there",
		Args:  cobra.ArbitraryArgs,
		RunE:  only,
	}
	c.AddCommand(newValidatorNewCommand(), newValidatorPossessionCommand(), newValidatorUseCommand())
	return c
}

func newValidatorNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new FILE",
		Short: "Make a validator's key in a new file",
		Long: `Make a validator's key in a new file. Once the council knows it, troth validator
use gives it to a node.`,
		Example: "  troth validator new troth-data/keys/validator-next.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, err := node.NewValidator(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "made %s with the public key %x\n", args[0], public)
			return err
		},
	}
}

func newValidatorUseCommand() *cobra.Command {
	var home string
	c := &cobra.Command{
		Use:   "use FILE",
		Short: "Give a stopped node another validator's key",
		Long: `Give a stopped node another validator's key. The file takes the place of
keys/validator.json; the old key stays beside it. What was signed last stays on
record, without the old key's signature.`,
		Example: "  troth validator use troth-data/keys/validator-next.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			old, err := node.UseValidator(home, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "the node signs with the new key from its next start on; the old one is %s\n", old)
			return err
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder")
	return c
}

// possessionOutput is a proof of possession as --json prints it.
type possessionOutput struct {
	Chain      string `json:"chain"`
	Party      string `json:"party"`
	Validator  string `json:"validator"`
	Possession string `json:"possession"`
}

func newValidatorPossessionCommand() *cobra.Command {
	var home, key, chain, party string
	var asJSON bool
	c := &cobra.Command{
		Use:   "possession",
		Short: "Sign with a validator's key that it is a company's validator",
		Long: `Sign with a validator's key that it is a company's validator.

It prints the flags that troth tx propose-member and rotate-validator
want. A key in a hardware module signs the same bytes with the module's own
tool: see the field possession in the reference of the operations.`,
		Example: "  troth validator possession --party p_… --key keys/validator-next.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !op.IsID("p", party) {
				return usagef("--party is the company's id, not %q; troth get party @handle says it", party)
			}
			if key == "" {
				key = node.ValidatorFile(home)
			}
			if chain == "" {
				var err error
				if chain, err = node.ChainOf(home); err != nil {
					return err
				}
			}
			public, signature, err := node.Possession(key, chain, party)
			if err != nil {
				return err
			}
			o := possessionOutput{chain, party, hex.EncodeToString(public), hex.EncodeToString(signature)}
			if asJSON {
				return show.WriteJSON(cmd.OutOrStdout(), o)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.Join([]string{"--validator", o.Validator, "--possession", o.Possession}, " "))
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&home, "home", homeDefault, "the node's folder")
	f.StringVar(&key, "key", "", "the key's file; the node's own where not given")
	complete(c, "key", "json")
	f.StringVar(&chain, "chain-id", "", "the chain's id; that of the node's folder where not given")
	f.StringVar(&party, "party", "", "id of the company")
	_ = c.MarkFlagRequired("party")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
