package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/ledger/op"
)

// newTxCommand has a subcommand for each operation of the schema.
func newTxCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "tx",
		Short: "Sign and submit a transaction: one command an operation",
		Long: `Sign and submit a transaction. Each operation of the ledger is a command; its
flags are the fields of its request.

Wherever a party is wanted, @handle will do. Amounts are written 5.00
EUR@northbank, times 2026-12-01T18:00:00Z, now or +48h, bytes in hexadecimal or
base64. What flags are too flat for goes into --request, as YAML or JSON, or
into a --file; flags given beside it come on top.`,
		Args: cobra.ArbitraryArgs,
		RunE: only,
	}
	for _, m := range reflag.Operations() {
		if row, ok := op.Find(reflag.Op(m).Code); ok && row.Signer != pb.Op_LEDGER {
			c.AddCommand(newOpCommand(row))
		}
	}
	c.AddCommand(newBatchCommand())
	return c
}

func newOpCommand(row *op.Row) *cobra.Command {
	s := &signing{}
	var request, file string
	var fields *reflag.Set
	comment := reflag.Comment(row.Method)
	c := &cobra.Command{
		Use:   reflag.Kebab(row.Name) + " [flags]",
		Short: reflag.Sentence(comment),
		Long:  comment + "\n\n" + signers[row.Signer],
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := requestTree(cmd, row, request, file, fields)
			if err != nil {
				return err
			}
			return s.run(cmd.Context(), func(ctx context.Context, w *world) ([]op.Message, error) {
				m := row.NewRequest()
				return []op.Message{m}, w.decode(ctx, t, m)
			})
		},
	}
	s.flags(c)
	c.Flags().StringVar(&request, "request", "", "the request, as YAML or JSON")
	c.Flags().StringVar(&file, "file", "", fileUsage(row))
	complete(c, "file", "yaml", "yml", "json")
	d := row.NewRequest().ProtoReflect().Descriptor()
	fields = reflag.Define(c.Flags(), d)
	fields.Enums(func(flag string, values []string) { choose(c, flag, values) })
	c.MarkFlagsMutuallyExclusive("request", "file")
	return c
}

// signers says who signs, in words.
var signers = map[pb.Op_Signer]string{
	pb.Op_OWNER:    "Signed with a key of the party with the role owner.",
	pb.Op_AGENT:    "Signed with any key of the party whose role and scope allow it.",
	pb.Op_ANYONE:   "Any registered party may sign it.",
	pb.Op_NEWCOMER: "Signed by an existing party for the new one. A person or device that comes by itself is made with: troth party new.",
}

func fileUsage(row *op.Row) string {
	if row.Name == "PublishTemplate" {
		return "the template's file, or the request, as YAML or JSON; - for the standard input"
	}
	return "file with the request, as YAML or JSON; - for the standard input"
}

// requestTree reads what was written of a request.
func requestTree(cmd *cobra.Command, row *op.Row, request, file string, fields *reflag.Set) (*reflag.Tree, error) {
	var base *reflag.Tree
	var err error
	switch {
	case request != "":
		base, err = reflag.ParseTree("--request", request)
	case file != "" && row.Name == "PublishTemplate":
		base, err = templateTree(cmd, file)
	case file != "":
		base, err = fileTree(cmd, file)
	case fields.Empty() && row.NewRequest().ProtoReflect().Descriptor().Fields().Len() > 0:
		return nil, usagef("the request is empty; give some of %s", strings.Join(fields.Fields(), " "))
	}
	if err != nil {
		return nil, err
	}
	return fields.Tree(base)
}

func fileTree(cmd *cobra.Command, file string) (*reflag.Tree, error) {
	src, err := readFile(cmd, file, op.TxMax)
	if err != nil {
		return nil, err
	}
	if len(src) > op.TxMax {
		return nil, fmt.Errorf("%s has more than %d bytes, the most a transaction has", file, op.TxMax)
	}
	return reflag.ParseTree(file, string(src))
}

// templateTree is a request to publish the template in a file, unless the file
// is such a request itself.
func templateTree(cmd *cobra.Command, file string) (*reflag.Tree, error) {
	if file != "-" {
		src, err := readFile(cmd, file, promisefile.BytesMax)
		if err != nil {
			return nil, err
		}
		if t, err := reflag.ParseTree(file, string(src)); err == nil {
			if n := t.Get("template"); n != nil && n.Kind == yaml.Map {
				return t, nil
			}
		}
	}
	return &reflag.Tree{Kind: yaml.Map, Entries: []yaml.Entry{{Key: reflag.Text("template"), Value: reflag.Text(file)}}}, nil
}

// newBatchCommand runs several operations in one transaction.
func newBatchCommand() *cobra.Command {
	s := &signing{}
	c := &cobra.Command{
		Use:   "batch FILE",
		Short: "Several operations in one transaction: all of them happen, or none",
		Long: `Several operations in one transaction: all of them happen, or none.

The file is a list, in YAML or JSON, of maps from an operation to its request;
- reads the standard input:

  - transfer: {to: "@bob", amount: 5.00 EUR@northbank}
  - accept: {promise: pr_…}`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := fileTree(cmd, args[0])
			if err != nil {
				return err
			}
			return s.run(cmd.Context(), func(ctx context.Context, w *world) ([]op.Message, error) {
				return batch(ctx, w, args[0], t)
			})
		},
	}
	s.flags(c)
	return c
}

func batch(ctx context.Context, w *world, file string, t *reflag.Tree) ([]op.Message, error) {
	if t.Kind != yaml.List || len(t.Items) == 0 {
		return nil, fmt.Errorf("%s: a list of operations is wanted, not %s", file, t.Kind)
	}
	var out []op.Message
	for i, item := range t.Items {
		line, _ := item.Pos()
		if item.Kind != yaml.Map || len(item.Entries) != 1 {
			return nil, fmt.Errorf("%s:%d: item %d is not a map from one operation to its request", file, line, i+1)
		}
		name := item.Entries[0].Key.Text
		row := findRow(name)
		if row == nil {
			return nil, fmt.Errorf("%s:%d: there is no operation %q; see: troth tx --help", file, line, name)
		}
		m := row.NewRequest()
		if err := w.decode(ctx, item.Entries[0].Value, m); err != nil {
			if errors.Is(err, errSilent) {
				return nil, err
			}
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func findRow(name string) *op.Row {
	for _, r := range op.Rows() {
		if reflag.Kebab(r.Name) == reflag.Kebab(name) {
			return r
		}
	}
	return nil
}

// goType is a new message of a descriptor's Go type.
func goType(d protoreflect.MessageDescriptor) op.Message {
	return newMessage(d.FullName())
}
