package reflag

import (
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/schema"
)

// Kebab turns CreateAsset and supply_max into create-asset and supply-max.
func Kebab(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '_':
			b.WriteByte('-')
		case unicode.IsUpper(r) && i > 0 && s[i-1] != '_' && !unicode.IsUpper(rune(s[i-1])):
			b.WriteByte('-')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Comment is the schema's comment on a descriptor, as one text.
func Comment(d protoreflect.Descriptor) string {
	in, err := schema.Files().FindDescriptorByName(d.FullName())
	if err != nil {
		return ""
	}
	text := in.ParentFile().SourceLocations().ByDescriptor(in).LeadingComments
	return strings.Join(strings.Fields(text), " ")
}

// Sentence is the first sentence of a comment, without its full stop.
func Sentence(comment string) string {
	if i := strings.Index(comment, ". "); i >= 0 {
		comment = comment[:i]
	}
	return strings.TrimSuffix(comment, ".")
}

// Op is what the schema says of an rpc that is an operation, nil for others.
func Op(m protoreflect.MethodDescriptor) *pb.Op {
	o, _ := proto.GetExtension(m.Options(), pb.E_Op).(*pb.Op)
	return o
}

// Operations returns the rpcs that are operations, in the schema's order by
// code.
func Operations() []protoreflect.MethodDescriptor {
	var out []protoreflect.MethodDescriptor
	schema.Files().RangeFilesByPackage("troth.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			ms := f.Services().Get(i).Methods()
			for j := range ms.Len() {
				if Op(ms.Get(j)) != nil {
					out = append(out, ms.Get(j))
				}
			}
		}
		return true
	})
	sortByCode(out)
	return out
}

// Queries returns the rpcs of the Ledger service, in order.
func Queries() []protoreflect.MethodDescriptor {
	ms := pb.File_troth_v1_api_proto.Services().ByName("Ledger").Methods()
	var out []protoreflect.MethodDescriptor
	for i := range ms.Len() {
		out = append(out, ms.Get(i))
	}
	return out
}

// EnumName is how an enum's value is written on the command line.
func EnumName(v protoreflect.EnumValueDescriptor) string { return Kebab(string(v.Name())) }

// EnumNames are the names of an enum's values, but for the one that means that
// nothing was said.
func EnumNames(e protoreflect.EnumDescriptor) []string {
	var out []string
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() != 0 || !strings.HasPrefix(string(v.Name()), "NO_") {
			out = append(out, EnumName(v))
		}
	}
	return out
}

// partyFields are the names of text fields that hold parties, where @handle may
// stand for an id.
var partyFields = map[protoreflect.Name]bool{
	"party": true, "parties": true, "to": true, "holder": true, "payee": true, "device": true, "owner": true,
	"issuer": true, "publisher": true, "attester": true, "sponsor": true, "minters": true, "add": true, "remove": true, "offered_by": true, "proposer": true,
}

// IsParty says whether a field holds parties. Roles have names of their own and
// never begin with @, so that a field that holds a role is harmless here.
func IsParty(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.StringKind && partyFields[f.Name()]
}
