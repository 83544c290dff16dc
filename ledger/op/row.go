package op

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// Message is a request or a response of an operation.
type Message interface {
	proto.Message
	state.Record
}

// Row is one operation.
type Row struct {
	Code     uint32
	Name     string // such as "Transfer"
	Area     string // such as "asset"
	Signer   pb.Op_Signer
	May      []pb.Op_Privilege
	Method   protoreflect.MethodDescriptor
	plan     *plan
	fresh    func() Message
	response func() Message
	check    func(Message) error
	apply    func(*Context, Message) (Message, error)
}

// NewRequest returns an empty request of the row.
func (r *Row) NewRequest() Message { return r.fresh() }

// NewResponse returns an empty response of the row.
func (r *Row) NewResponse() Message { return r.response() }

// table holds the rows that have a handler, by code and by request type.
// Package initialisation fills it; afterwards it is only read.
var (
	table   = map[uint32]*Row{}
	methods = declared()
)

// declared reads the rows from the schema.
func declared() map[protoreflect.FullName]protoreflect.MethodDescriptor {
	_ = pb.File_troth_v1_promise_proto // the schema is registered before this package
	m := map[protoreflect.FullName]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFilesByPackage("troth.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				if d := s.Methods().Get(j); optionOf(d) != nil {
					m[d.Input().FullName()] = d
				}
			}
		}
		return true
	})
	return m
}

func optionOf(d protoreflect.MethodDescriptor) *pb.Op {
	o, _ := proto.GetExtension(d.Options(), pb.E_Op).(*pb.Op)
	return o
}

// Declared returns the rows that the schema declares, by code, whether or not
// they have a handler.
func Declared() []protoreflect.MethodDescriptor {
	var out []protoreflect.MethodDescriptor
	for _, d := range methods {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b protoreflect.MethodDescriptor) int {
		return int(optionOf(a).Code) - int(optionOf(b).Code)
	})
	return out
}

// Register makes check and apply the handler of the row whose request is Q.
func Register[Q, R any, PQ interface {
	*Q
	Message
}, PR interface {
	*R
	Message
}](check func(PQ) error, apply func(*Context, PQ) (PR, error)) struct{} {
	desc := PQ(new(Q)).ProtoReflect().Descriptor()
	d := methods[desc.FullName()]
	if d == nil {
		panic(fmt.Sprintf("op: no row has the request %s", desc.FullName()))
	}
	if want := PR(new(R)).ProtoReflect().Descriptor().FullName(); d.Output().FullName() != want {
		panic(fmt.Sprintf("op: row %s answers %s, its handler %s", d.Name(), d.Output().FullName(), want))
	}
	o := optionOf(d)
	if old := table[o.Code]; old != nil {
		panic(fmt.Sprintf("op: code %d: both %s and %s", o.Code, old.Name, d.Name()))
	}
	table[o.Code] = &Row{
		Code: o.Code, Name: string(d.Name()), Signer: o.Signer, May: o.May, Method: d,
		Area:     strings.ToLower(strings.TrimSuffix(string(d.Parent().Name()), "Ops")),
		plan:     planOf(desc),
		fresh:    func() Message { return PQ(new(Q)) },
		response: func() Message { return PR(new(R)) },
		check:    func(m Message) error { return check(m.(PQ)) },
		apply:    func(c *Context, m Message) (Message, error) { return apply(c, m.(PQ)) },
	}
	return struct{}{}
}

// Find returns the row with a code.
func Find(code uint32) (*Row, bool) {
	r, ok := table[code]
	return r, ok
}

// FindRequest returns the row whose request is m.
func FindRequest(m proto.Message) (*Row, bool) {
	d := methods[m.ProtoReflect().Descriptor().FullName()]
	if d == nil {
		return nil, false
	}
	return Find(optionOf(d).Code)
}

// Rows returns every row that has a handler, by code.
func Rows() []*Row {
	var out []*Row
	for _, r := range table {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Row) int { return int(a.Code) - int(b.Code) })
	return out
}
