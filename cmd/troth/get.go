package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/op"
)

// newGetCommand has a subcommand for each query of one object.
func newGetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "get",
		Short: "Get one object, with a proof where asked for",
		Args:  cobra.ArbitraryArgs,
		RunE:  only,
	}
	for _, m := range reflag.Queries() {
		if thing, ok := strings.CutPrefix(string(m.Name()), "Get"); ok && thing != "Status" {
			c.AddCommand(newGetOne(m, reflag.Kebab(thing)))
		}
	}
	return c
}

// getting is one query of one object.
type getting struct {
	session
	proving
	method protoreflect.MethodDescriptor
}

func newGetOne(m protoreflect.MethodDescriptor, thing string) *cobra.Command {
	g := &getting{method: m}
	fields := idFields(m.Input())
	use := thing
	for _, f := range fields {
		use += " " + strings.ToUpper(string(f.Name()))
	}
	c := &cobra.Command{
		Use:   use,
		Short: reflag.Sentence(reflag.Comment(m)),
		Args:  cobra.ExactArgs(len(fields)),
		RunE: func(_ *cobra.Command, args []string) error {
			return g.run(fields, args)
		},
	}
	g.flags(c)
	if provable(m) {
		g.proofFlags(c)
	}
	return c
}

// idFields are the fields of a request that name the object.
func idFields(m protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	var out []protoreflect.FieldDescriptor
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); f.Message() == nil {
			out = append(out, f)
		}
	}
	return out
}

// provable says whether an answer can have a proof.
func provable(m protoreflect.MethodDescriptor) bool {
	return m.Input().Fields().ByName("options") != nil
}

func (g *getting) run(fields []protoreflect.FieldDescriptor, args []string) error {
	if err := g.open(); err != nil {
		return err
	}
	ctx := g.cmd.Context()
	req, res := goType(g.method.Input()), goType(g.method.Output())
	for i, f := range fields {
		if strings.HasPrefix(args[i], "@") && (reflag.IsParty(f) || g.method.Name() == "GetParty") {
			// Only an id can be proven about, and an unknown handle has a hint.
			id, err := g.dir.Party(ctx, args[i])
			if err != nil {
				return g.explain(err)
			}
			args[i] = id
		}
		req.ProtoReflect().Set(f, protoreflect.ValueOfString(args[i]))
	}
	g.ask(req)
	if err := g.call(ctx, string(g.method.Name()), req, res); err != nil {
		return err
	}
	field := recordField(res)
	if !g.prove {
		return g.print(res, res.ProtoReflect().Get(field).Message().Interface(), nil)
	}
	if r, ok := res.(*pb.GetTxResponse); ok {
		return g.printTx(r, args[0])
	}
	proven, err := g.verify(res, field, args)
	if err != nil {
		return err
	}
	return g.print(res, proven.Record, proven)
}

// recordField is where an answer has the object itself.
func recordField(m op.Message) protoreflect.FieldDescriptor {
	return m.ProtoReflect().Descriptor().Fields().Get(0)
}

// verify checks an answer's proof. From then on the proven record is what the
// answer has, not the one the node put beside it.
func (g *getting) verify(res op.Message, field protoreflect.FieldDescriptor, args []string) (*proof.Result, error) {
	m := res.ProtoReflect()
	read, _ := m.Get(m.Descriptor().Fields().ByName("read")).Message().Interface().(*pb.Read)
	record := goType(field.Message())
	if m.Has(field) {
		if t, ok := m.Get(field).Message().Interface().(*pb.Template); ok {
			args[0] = t.Id // asked for without its version
		}
	}
	key, err := proof.KeyFor(record, args...)
	if err != nil {
		return nil, err
	}
	trust, err := g.bounded(&g.session, read.GetProof())
	if err != nil {
		return nil, unproven(err)
	}
	proven, err := proof.Verify(read.GetProof(), key, trust)
	if err != nil {
		return nil, unproven(err)
	}
	m.Clear(field)
	if proven.Record != nil {
		m.Set(field, protoreflect.ValueOfMessage(proven.Record.ProtoReflect()))
	}
	return proven, nil
}

// printTx checks a transaction's proof and shows what it proves, and the message
// that the node put beside it.
func (g *getting) printTx(r *pb.GetTxResponse, id string) error {
	x, err := g.verifyTx(&g.session, r.Proof, id)
	if err != nil {
		return err
	}
	message := r.Tx.GetResult().GetMessage()
	x.Result.Message = message
	r.Tx = &pb.TxRecord{Id: x.ID, Party: x.Body.Party, Height: x.Height, Index: uint32(x.Index), Time: timestamppb.New(x.BlockTime), Result: x.Result}
	w := g.cmd.OutOrStdout()
	if g.json {
		return show.WriteJSON(w, r)
	}
	g.printer(g.cmd.Context()).Record(w, r.Tx)
	fmt.Fprintf(w, "\nproven: %s\n", x.Meaning())
	return nil
}

func (g *getting) print(res op.Message, record proto.Message, proven *proof.Result) error {
	w := g.cmd.OutOrStdout()
	if g.json {
		return show.WriteJSON(w, res)
	}
	if proven == nil || proven.Record != nil {
		g.printer(g.cmd.Context()).Record(w, record)
	}
	if proven != nil {
		fmt.Fprintf(w, "\nproven: %s\n", proven.Meaning())
	}
	return nil
}
