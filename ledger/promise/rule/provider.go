package rule

import (
	"fmt"
	"maps"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// provider answers the checker and the planner about the object types. The
// planner asks once per select and keeps the getter, so a field costs a slot
// access at run time and no look-up by name.
type provider struct {
	objects map[string]map[string]*types.FieldType
}

var _ types.Provider = (*provider)(nil)

func (p *provider) EnumValue(name string) ref.Val         { return types.NewErr("unknown enum %q", name) }
func (p *provider) FindIdent(name string) (ref.Val, bool) { return nil, false }

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.objects[name]; !ok {
		return nil, false
	}
	return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	_, ok := p.objects[name]
	return nil, ok
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	f, ok := p.objects[name][field]
	return f, ok
}

func (p *provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("%s has no constructor", name)
}

// factFields are the fields that every fact has.
var factFields = map[string]*types.FieldType{
	"kind": factField(types.StringType, func(f *factVal) ref.Val { return f.layout.name }),
	"by":   factField(types.StringType, func(f *factVal) ref.Val { return types.String(f.f.By) }),
	"subject": factField(types.StringType, func(f *factVal) ref.Val {
		return types.String(f.f.Subject)
	}),
	"at":      factField(types.TimestampType, func(f *factVal) ref.Val { return timeVal(f.f.At) }),
	"arrived": factField(types.TimestampType, func(f *factVal) ref.Val { return timeVal(f.f.Arrived) }),
}

var periodFields = map[string]*types.FieldType{
	"index": periodField(types.IntType, func(p *Period) ref.Val { return types.Int(p.Index) }),
	"start": periodField(types.TimestampType, func(p *Period) ref.Val { return timeVal(p.Start) }),
	"end":   periodField(types.TimestampType, func(p *Period) ref.Val { return timeVal(p.End) }),
}

func always(any) bool { return true }

func factField(t *types.Type, get func(*factVal) ref.Val) *types.FieldType {
	return &types.FieldType{Type: t, IsSet: always, GetFrom: func(o any) (any, error) {
		f, ok := o.(*factVal)
		if !ok {
			return nil, fmt.Errorf("not a fact")
		}
		return get(f), nil
	}}
}

func periodField(t *types.Type, get func(*Period) ref.Val) *types.FieldType {
	return &types.FieldType{Type: t, IsSet: always, GetFrom: func(o any) (any, error) {
		p, ok := o.(*periodVal)
		if !ok {
			return nil, fmt.Errorf("not a period")
		}
		return get(&p.p), nil
	}}
}

// buildObjects makes the getters of this template's terms, roles and fields.
func (e *Env) buildObjects() {
	terms := map[string]*types.FieldType{}
	for i, t := range e.types.Terms {
		terms[t.Name] = termField(i, t)
	}
	roles := map[string]*types.FieldType{}
	for _, r := range e.types.Roles {
		name := e.slots.role[r]
		roles[r] = &types.FieldType{Type: types.StringType, IsSet: always,
			GetFrom: func(any) (any, error) { return name, nil }}
	}
	holds := map[string]*types.FieldType{}
	for i, h := range e.types.Holds {
		holds[h] = holdField(i, h)
	}
	facts := maps.Clone(factFields)
	by := e.slots.role
	facts["by"] = factField(types.StringType, func(f *factVal) ref.Val {
		if v, ok := by[f.f.By]; ok {
			return v // already boxed
		}
		return types.String(f.f.By)
	})
	for u, f := range e.slots.union {
		facts[f.Name] = kindField(u, f)
	}
	e.slots.objects = map[string]map[string]*types.FieldType{
		termsType.TypeName():  terms,
		rolesType.TypeName():  roles,
		factType.TypeName():   facts,
		periodType.TypeName(): periodFields,
		holdsType.TypeName():  holds,
	}
}

// termField reads the term in slot i. A term with no value is sealed: has()
// says so, and reading it fails.
func termField(i int, t Field) *types.FieldType {
	return optionalField(t.Kind, func(o any) Value {
		if v, ok := o.(*termsVal); ok && i < len(v.vals) {
			return v.vals[i]
		}
		return Value{}
	}, func(any) error { return fmt.Errorf("term %s has no value yet", t.Name) })
}

// holdField reads what is left in the hold in slot i. One that nothing was
// paid into yet may have no asset, and so no value.
func holdField(i int, name string) *types.FieldType {
	return optionalField(KindAmount, func(o any) Value {
		if v, ok := o.(*holdsVal); ok && i < len(v.vals) {
			return v.vals[i]
		}
		return Value{}
	}, func(any) error { return fmt.Errorf("hold %s has no asset yet", name) })
}

// kindField reads union field u, which only some kinds have.
func kindField(u int, f Field) *types.FieldType {
	return optionalField(f.Kind, func(o any) Value {
		v, ok := o.(*factVal)
		if !ok {
			return Value{}
		}
		slot := v.layout.at[u]
		if slot < 0 || slot >= len(v.f.Fields) {
			return Value{}
		}
		return v.f.Fields[slot]
	}, func(o any) error {
		kind := any("such")
		if v, ok := o.(*factVal); ok {
			kind = v.layout.name.Value()
		}
		return fmt.Errorf("this %v fact has no %s", kind, f.Name)
	})
}

func optionalField(k Kind, get func(any) Value, missing func(any) error) *types.FieldType {
	return &types.FieldType{
		Type:  celType(k),
		IsSet: func(o any) bool { return !get(o).IsZero() },
		GetFrom: func(o any) (any, error) {
			v := get(o)
			if v.IsZero() {
				return nil, missing(o)
			}
			return v.v, nil
		},
	}
}

// celType is the checker's type of a kind.
func celType(k Kind) *types.Type {
	switch k {
	case KindString:
		return types.StringType
	case KindInt:
		return types.IntType
	case KindBool:
		return types.BoolType
	case KindTime:
		return types.TimestampType
	case KindDuration:
		return types.DurationType
	}
	return amountType
}

// kindOfType is the inverse of celType, KindNone for lists and objects.
func kindOfType(t *types.Type) Kind {
	for k := KindString; k <= KindAmount && t != nil; k++ {
		if t.IsExactType(celType(k)) {
			return k
		}
	}
	return KindNone
}
