package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

func newPartyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "party",
		Short: "Make a party together with its key",
		Args:  cobra.ArbitraryArgs,
		RunE:  only,
	}
	c.AddCommand(newPartyNewCommand())
	return c
}

// newcomer is a party to be made.
type newcomer struct {
	signing
	key        newKey
	kind, name string
	sponsor    bool
}

func newPartyNewCommand() *cobra.Command {
	n := &newcomer{}
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "Make a key, write it to a new file, and create its party",
		Long: `Make a key, write it to a new file, and create its party.

A person or a device comes by itself. With --key, an existing party registers
it: companies and programmes come so, and devices that belong to somebody.`,
		Example: "  troth party new ada.key\n  troth party new shop.key --kind company --name Shop --key registrar.key",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return n.run(cmd.Context(), args[0])
		},
	}
	f := c.Flags()
	n.key.flags(c)
	n.session.flags(c)
	f.StringArrayVar(&n.keys, "key", nil, "key file of the party that registers it; none for one that comes by itself")
	complete(c, "key", "key")
	f.StringVar(&n.kind, "kind", "person", "person, company, device or programme")
	choose(c, "kind", []string{"person", "company", "device", "programme"})
	f.StringVar(&n.name, "name", "", "name of a company or programme as shown to people")
	f.BoolVar(&n.sponsor, "sponsor", false, "the registering party pays for the new one's quota")
	return c
}

func (n *newcomer) run(ctx context.Context, path string) error {
	if err := n.open(); err != nil {
		return err
	}
	kind, ok := pb.PartyKind_value[strings.ToUpper(n.kind)]
	if !ok || kind == 0 {
		return usagef("--kind is person, company, device or programme, not %q", n.kind)
	}
	salt, err := client.Salt()
	if err != nil {
		return err
	}
	w := &client.Wallet{}
	if len(n.keys) > 0 {
		if w, err = n.wallet(ctx); err != nil {
			return err
		}
	} else if err = n.chain(ctx, w); err != nil {
		return err
	}
	k, o, err := n.key.generate(path)
	if err != nil {
		return err
	}
	k.Party = client.PartyID(k.Scheme(), k.Public(), salt, w.Party)
	if len(n.keys) == 0 {
		w.Party, w.Keys = k.Party, []keyfile.Signer{k}
	}
	owner := client.OwnerKey(k)
	req := &pb.CreatePartyRequest{Kind: pb.PartyKind(kind), Name: n.name, Salt: salt, Keys: []*pb.Key{owner}, Sponsor: n.sponsor}
	return n.create(ctx, w, path, k, o, req)
}

// chain asks which chain the newcomer comes to.
func (n *newcomer) chain(ctx context.Context, w *client.Wallet) error {
	st := &pb.GetStatusResponse{}
	err := n.call(ctx, "GetStatus", &pb.GetStatusRequest{}, st)
	w.API, w.ChainID = n.api, st.ChainId
	return err
}

// create writes the key first: a party whose key is lost would be lost too. A
// refusal takes the file back; where nobody knows, it stays.
func (n *newcomer) create(ctx context.Context, w *client.Wallet, path string, k *keyfile.Key, o keyfile.Options, req *pb.CreatePartyRequest) error {
	tx, err := w.Prepare(req)
	if err != nil {
		return err
	}
	if _, err := op.Decode(tx); err != nil {
		return fmt.Errorf("%w (%s)", err, op.CodeOf(err))
	}
	if err := keyfile.Save(path, k, o); err != nil {
		return err
	}
	if _, err = n.submit(ctx, w, tx); err != nil {
		var refused *client.Refusal
		if errors.As(err, &refused) && !client.Transient(err) {
			return errors.Join(err, os.Remove(path))
		}
		return fmt.Errorf("%w\nthe key is in %s; see whether the party came with: troth get party %s", err, path, k.Party)
	}
	return printKey(n.cmd, path, k, !o.NoPassphrase, n.json)
}
