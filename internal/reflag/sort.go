package reflag

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

func sortByCode(ms []protoreflect.MethodDescriptor) {
	slices.SortFunc(ms, func(a, b protoreflect.MethodDescriptor) int { return cmp.Compare(Op(a).Code, Op(b).Code) })
}
