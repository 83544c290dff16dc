package reference

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/internal/schema"
)

func operations() string {
	p := newPage()
	p.printf(`# Operations

Everything that can change the ledger. An operation's number is part of what is
signed and is never used again. On the command line each is
%s; its flags are the fields of its request.

| code | operation | signer | may | |
| --- | --- | --- | --- | --- |
`, "`troth tx <operation>`")
	ops := reflag.Operations()
	for _, m := range ops {
		o := reflag.Op(m)
		p.printf("| %d | %s | %s | %s | %s |\n", o.Code, link(string(m.Name())), o.Signer, privileges(o), cell(reflag.Sentence(reflag.Comment(m))))
	}
	p.printf("\n## Who signs\n\n| signer | |\n| --- | --- |\n")
	enumRows(p, pb.Op_OWNER.Descriptor())
	p.printf("\n## What it may do\n\nAn effect outside the list refuses the transaction.\n\n| effect | |\n| --- | --- |\n")
	enumRows(p, pb.Op_NONE.Descriptor())
	area := protoreflect.FullName("")
	for _, m := range ops {
		if s := m.Parent().FullName(); s != area {
			area = s
			p.printf("\n## %s\n", strings.TrimSuffix(string(m.Parent().Name()), "Ops"))
		}
		o := reflag.Op(m)
		p.printf("\n### %s\n\n%s\n\nCode %d · signer %s · may %s\n\n", m.Name(), reflag.Comment(m), o.Code, o.Signer, privileges(o))
		p.fields(m.Input())
		if m.Output().Fields().Len() > 0 {
			p.printf("Response:\n\n")
			p.fields(m.Output())
		}
	}
	p.printf("\n")
	p.types()
	return p.String()
}

func enumRows(p *page, e protoreflect.EnumDescriptor) {
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Name() != "UNSTATED" {
			p.printf("| %s | %s |\n", v.Name(), cell(reflag.Comment(v)))
		}
	}
}

func privileges(o *pb.Op) string {
	var out []string
	for _, x := range o.May {
		out = append(out, x.String())
	}
	return strings.Join(out, ", ")
}

func queries() string {
	p := newPage()
	p.printf(`# Queries

The API of a node: Connect, gRPC, gRPC-Web and plain JSON over HTTP. As JSON,
each is a POST to %s, with the request's fields in
lowerCamelCase. Submit takes what is described in [Operations](operations.md).

`, "`/troth.v1.Ledger/<name>`")
	for _, m := range reflag.Queries() {
		p.printf("## %s\n\n%s\n\n", m.Name(), reflag.Comment(m))
		p.fields(m.Input())
		what := "Response"
		if m.IsStreamingServer() {
			what = "A stream of"
		}
		p.printf("%s:\n\n", what)
		p.fields(m.Output())
	}
	p.types()
	return p.String()
}

func errorTable() string {
	p := newPage()
	p.printf(`# Errors

A refused transaction changes nothing. Its result has a number and a message,
which says what is wrong, with the value, and what would be right. Where several
things are wrong, the lowest number is reported. A number is never used again.

A transaction's refusal comes inside Submit's answer; HTTP statuses and gRPC
codes are those of a request that is refused as a whole. Connect and its JSON
know fewer HTTP statuses: there, %s and %s are sent as 400.

| number | name | HTTP | gRPC | |
| --- | --- | --- | --- | --- |
`, "`failed_precondition`", "`out_of_range`")
	e := pb.Code_OK.Descriptor()
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		f, _ := proto.GetExtension(v.Options(), pb.E_Fault).(*pb.Fault)
		if f.GetHttp() == 0 {
			continue
		}
		code, _ := schema.Connect(pb.Code(v.Number()))
		p.printf("| %d | `%s` | %d | `%s` | %s |\n", v.Number(), v.Name(), f.Http, code, cell(reflag.Comment(v)))
	}
	return p.String()
}
