package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/op"
)

// newListCommand has a subcommand for each query of many objects.
func newListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List objects, with filters and pages",
		Args:  cobra.ArbitraryArgs,
		RunE:  only,
	}
	for _, m := range reflag.Queries() {
		if things, ok := strings.CutPrefix(string(m.Name()), "List"); ok {
			c.AddCommand(newListMany(m, reflag.Kebab(things)))
		}
	}
	return c
}

// listing is one query of many objects.
type listing struct {
	session
	proving
	method protoreflect.MethodDescriptor
	fields *reflag.Set
	limit  uint32
	token  string
	all    bool
	shown  int    // how many rows were proven
	proven string // what is proven, in words
}

func newListMany(m protoreflect.MethodDescriptor, things string) *cobra.Command {
	l := &listing{method: m}
	c := &cobra.Command{
		Use:   things + " [flags]",
		Short: reflag.Sentence(reflag.Comment(m)),
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return l.run(nil) },
	}
	l.pageFlags(c)
	l.fields = reflag.Define(c.Flags(), m.Input(), "page", "options")
	l.fields.Enums(func(flag string, values []string) { choose(c, flag, values) })
	return c
}

func (l *listing) pageFlags(c *cobra.Command) {
	l.flags(c)
	l.proofFlags(c)
	c.Flags().Uint32Var(&l.limit, "limit", 0, "how many in a page; 50 where not given, 500 at most")
	c.Flags().StringVar(&l.token, "token", "", "the token that the page before ended with")
	c.Flags().BoolVar(&l.all, "all", false, "every page to the end")
}

func (l *listing) run(base *reflag.Tree) error {
	if err := l.open(); err != nil {
		return err
	}
	ctx := l.cmd.Context()
	req := goType(l.method.Input())
	t, err := l.fields.Tree(base)
	if err != nil {
		return err
	}
	if err := (&world{session: &l.session}).decode(ctx, t, req); err != nil {
		return err
	}
	page := &pb.Page{Size: l.limit, Token: l.token}
	req.ProtoReflect().Set(l.method.Input().Fields().ByName("page"), protoreflect.ValueOfMessage(page.ProtoReflect()))
	l.ask(req)
	res := goType(l.method.Output())
	if err := l.page(req, res); err != nil {
		return err
	}
	if l.all {
		if err := l.appendPages(req, res); err != nil {
			return err
		}
	}
	return l.print(res)
}

// page reads a page, and checks its proof.
func (l *listing) page(req, res op.Message) error {
	if err := l.call(l.cmd.Context(), string(l.method.Name()), req, res); err != nil || !l.prove {
		return err
	}
	if r, ok := res.(*pb.ListHistoryResponse); ok {
		return l.verifyHistory(r)
	}
	return l.verifyRows(req, res)
}

// appendPages reads the pages that follow, and adds their rows.
func (l *listing) appendPages(req, res op.Message) error {
	into := res.ProtoReflect()
	rows, token := into.Descriptor().Fields().Get(0), into.Descriptor().Fields().ByName("next")
	for into.Get(token).String() != "" {
		page := req.ProtoReflect().Mutable(l.method.Input().Fields().ByName("page")).Message().Interface().(*pb.Page)
		page.Token = into.Get(token).String()
		more := goType(l.method.Output())
		if err := l.page(req, more); err != nil {
			return err
		}
		from := more.ProtoReflect().Get(rows).List()
		for i := range from.Len() {
			into.Mutable(rows).List().Append(from.Get(i))
		}
		into.Set(token, more.ProtoReflect().Get(token))
	}
	return nil
}

func (l *listing) print(res op.Message) error {
	w := l.cmd.OutOrStdout()
	if l.json {
		return show.WriteJSON(w, res)
	}
	m := res.ProtoReflect()
	list := m.Get(m.Descriptor().Fields().Get(0)).List()
	var rows []proto.Message
	for i := range list.Len() {
		rows = append(rows, list.Get(i).Message().Interface())
	}
	if len(rows) == 0 {
		fmt.Fprintln(l.cmd.ErrOrStderr(), "none")
	}
	l.printer(l.cmd.Context()).Table(w, rows)
	if l.prove {
		fmt.Fprintf(w, "\nproven: %s\n", l.proven)
	}
	if next := m.Get(m.Descriptor().Fields().ByName("next")).String(); next != "" {
		fmt.Fprintf(l.cmd.ErrOrStderr(), "there are more: --token %s, or --all\n", next)
	}
	return nil
}
