package rule

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// The object types an expression can select from. They have no constructor,
// no equality and no conversion; the checker refuses all three.
var (
	termsType  = types.NewObjectType("troth.Terms")
	rolesType  = types.NewObjectType("troth.Roles")
	factType   = types.NewObjectType("troth.Fact")
	periodType = types.NewObjectType("troth.Period")
	holdsType  = types.NewObjectType("troth.Holds")
	factsType  = types.NewListType(factType)
)

// object is what the five have in common.
type object struct{}

func (object) Equal(ref.Val) ref.Val { return types.NewErr("objects cannot be compared") }

func (object) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("an object has no native form")
}

func (object) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("objects cannot be converted")
}

type termsVal struct {
	object
	vals []Value
}

func (*termsVal) Type() ref.Type { return termsType }
func (t *termsVal) Value() any   { return t }

type holdsVal struct {
	object
	vals []Value
}

func (*holdsVal) Type() ref.Type { return holdsType }
func (h *holdsVal) Value() any   { return h }

type rolesVal struct{ object }

func (*rolesVal) Type() ref.Type { return rolesType }
func (r *rolesVal) Value() any   { return r }

type periodVal struct {
	object
	p Period
}

func (*periodVal) Type() ref.Type { return periodType }
func (p *periodVal) Value() any   { return p }

// factVal is a view of one Fact of the input; layout is that of its kind.
type factVal struct {
	object
	f      *Fact
	layout *layout
}

func (*factVal) Type() ref.Type { return factType }
func (f *factVal) Value() any   { return f }

// factList is the list of facts. It folds over the views in place, so a macro
// over facts allocates nothing for the list.
type factList struct{ vals []factVal }

var (
	_ traits.Lister   = (*factList)(nil)
	_ traits.Foldable = (*factList)(nil)
)

func (l *factList) Type() ref.Type    { return types.ListType }
func (l *factList) Value() any        { return l }
func (l *factList) Size() ref.Val     { return types.Int(len(l.vals)) }
func (l *factList) IsZeroValue() bool { return len(l.vals) == 0 }

// Fold visits the facts in order of arrival.
func (l *factList) Fold(f traits.Folder) {
	for i := range l.vals {
		if !f.FoldEntry(types.Int(i), &l.vals[i]) {
			return
		}
	}
}

func (l *factList) Get(index ref.Val) ref.Val {
	i, ok := index.(types.Int)
	if !ok || i < 0 || int64(i) >= int64(len(l.vals)) {
		return types.NewErr("index %v is outside a list of %d facts", index.Value(), len(l.vals))
	}
	return &l.vals[i]
}

// slice is the list in the library's general form, for concatenation.
func (l *factList) slice() traits.Lister {
	vals := make([]ref.Val, len(l.vals))
	for i := range l.vals {
		vals[i] = &l.vals[i]
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals)
}

func (l *factList) Add(other ref.Val) ref.Val      { return l.slice().Add(other) }
func (l *factList) Iterator() traits.Iterator      { return l.slice().Iterator() }
func (l *factList) Contains(ref.Val) ref.Val       { return types.NewErr("facts cannot be compared") }
func (l *factList) Equal(ref.Val) ref.Val          { return types.NewErr("facts cannot be compared") }
func (l *factList) ConvertToType(ref.Type) ref.Val { return types.NewErr("facts cannot be converted") }

func (l *factList) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("facts have no native form")
}
