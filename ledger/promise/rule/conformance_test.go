package rule

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	expr "cel.dev/expr"
	_ "cel.dev/expr/conformance/proto2" // the message types that cases mention
	_ "cel.dev/expr/conformance/proto3"
	conf "cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/internal/need"
)

// TestConformance runs every published case. A case passes, or a rule of
// exclude names the feature it uses that the dialect leaves out; then Compile
// must refuse it. Nothing is excluded by its name.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(need.Conformance(t, "cel"), "*.textproto"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conformance files: %v", err)
	}
	listed := readExcluded(t)
	var excluded []string
	passed := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var f conf.SimpleTestFile
		if err := prototext.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, sec := range f.Section {
			for _, c := range sec.Test {
				name := f.Name + "/" + sec.Name + "/" + c.Name
				reason := exclude(c)
				if was, ok := listed[name]; ok && was != reason {
					t.Errorf("%s: listed as excluded for %q, now %q", name, was, reason)
				}
				if reason != "" {
					excluded = append(excluded, name+": "+reason)
				} else {
					passed++
				}
				if err := runCase(c, reason); err != nil {
					t.Errorf("%s: %s\n\t%v", name, c.Expr, err)
				}
			}
		}
	}
	t.Logf("%d cases pass, %d are excluded", passed, len(excluded))
	if *update {
		writeExcluded(t, excluded)
	}
}

func readExcluded(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/excluded.txt")
	if err != nil && !*update {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, reason, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok && !strings.HasPrefix(line, "#") && !*update {
			out[name] = reason
		}
	}
	return out
}

func writeExcluded(t *testing.T, lines []string) {
	t.Helper()
	sort.Strings(lines)
	text := "# Conformance cases outside the dialect, with the rule of exclude_test.go that\n" +
		"# says so. Written by go test -run Conformance -update; a case that is listed here\n" +
		"# must stay excluded for the same reason.\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile("testdata/excluded.txt", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runCase evaluates a case in a plain environment of the dialect: no terms,
// roles or fact kinds, and the variables the case declares.
func runCase(c *conf.SimpleTest, reason string) error {
	e, vars, err := plainEnv(c)
	if err != nil {
		return ifIncluded(reason, err)
	}
	p, err := e.compile(c.Expr, func(*types.Type) error { return nil })
	if reason != "" {
		if err == nil {
			return fmt.Errorf("excluded (%s) and yet it compiles", reason)
		}
		return nil
	}
	wantErr := c.GetEvalError() != nil || c.GetAnyEvalErrors() != nil
	if err != nil {
		if wantErr {
			return nil // refused already when compiled
		}
		return err
	}
	if want := typeOf(c.GetTypedResult().GetDeducedType()); want != nil && !p.ast.OutputType().IsExactType(want) {
		return fmt.Errorf("has type %v, want %v", p.ast.OutputType(), want)
	}
	if c.CheckOnly {
		return nil
	}
	out, _, err := p.prog.Eval(vars)
	switch m := c.ResultMatcher.(type) {
	case *conf.SimpleTest_EvalError, *conf.SimpleTest_AnyEvalErrors:
		if err == nil {
			return fmt.Errorf("got %v, want an error", out)
		}
	case *conf.SimpleTest_Value:
		if err != nil {
			return err
		}
		return same(out, m.Value)
	case *conf.SimpleTest_TypedResult:
		if err != nil {
			return err
		}
		return same(out, m.TypedResult.Result)
	case nil:
		if err != nil || out != types.True {
			return fmt.Errorf("got %v, %v, want true", out, err)
		}
	default:
		return fmt.Errorf("unknown expectation %T", m)
	}
	return nil
}

// TestPinned: the dialect is one version of the library, and this is it.
func TestPinned(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(need.Root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if DialectID != "troth-cel/1" || !strings.Contains(string(mod), "cel.dev/cel-go v0.33.2") {
		t.Fatal("another cel-go needs another DialectID, and the old one kept for the heights it ruled")
	}
}

func ifIncluded(reason string, err error) error {
	if reason != "" {
		return nil
	}
	return err
}

func plainEnv(c *conf.SimpleTest) (*Env, map[string]any, error) {
	e, err := NewEnv(Types{})
	if err != nil {
		return nil, nil, err
	}
	var opts []cel.EnvOption
	vars := map[string]any{}
	for _, d := range c.TypeEnv {
		t := typeOf(d.GetIdent().GetType())
		if t == nil {
			return nil, nil, fmt.Errorf("variable %s of a type outside the dialect", d.Name)
		}
		opts = append(opts, cel.Variable(d.Name, t))
		if v, ok := c.Bindings[d.Name]; ok {
			val, err := valueOf(v.GetValue())
			if err != nil {
				return nil, nil, err
			}
			vars[d.Name] = val
		}
	}
	e.cel, err = e.cel.Extend(opts...)
	return e, vars, err
}

// typeOf returns the dialect's type, nil where it has none.
func typeOf(t *expr.Type) *types.Type {
	switch k := t.GetTypeKind().(type) {
	case *expr.Type_Primitive:
		switch k.Primitive {
		case expr.Type_BOOL:
			return types.BoolType
		case expr.Type_INT64:
			return types.IntType
		case expr.Type_STRING:
			return types.StringType
		}
	case *expr.Type_WellKnown:
		switch k.WellKnown {
		case expr.Type_TIMESTAMP:
			return types.TimestampType
		case expr.Type_DURATION:
			return types.DurationType
		}
	case *expr.Type_MessageType:
		switch k.MessageType {
		case "google.protobuf.Timestamp":
			return types.TimestampType
		case "google.protobuf.Duration":
			return types.DurationType
		}
	case *expr.Type_ListType_:
		if elem := typeOf(k.ListType.ElemType); elem != nil {
			return types.NewListType(elem)
		}
	}
	return nil
}

func valueOf(v *expr.Value) (ref.Val, error) {
	switch k := v.GetKind().(type) {
	case *expr.Value_BoolValue:
		return types.Bool(k.BoolValue), nil
	case *expr.Value_Int64Value:
		return types.Int(k.Int64Value), nil
	case *expr.Value_StringValue:
		return types.String(k.StringValue), nil
	case *expr.Value_ListValue:
		var vals []ref.Val
		for _, x := range k.ListValue.Values {
			val, err := valueOf(x)
			if err != nil {
				return nil, err
			}
			vals = append(vals, val)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, vals), nil
	case *expr.Value_ObjectValue:
		m, err := k.ObjectValue.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		switch m := m.(type) {
		case *timestamppb.Timestamp:
			return types.Timestamp{Time: m.AsTime()}, nil
		case *durationpb.Duration:
			return types.Duration{Duration: m.AsDuration()}, nil
		}
	}
	return nil, fmt.Errorf("the value %v is outside the dialect", v)
}

func same(got ref.Val, want *expr.Value) error {
	w, err := valueOf(want)
	if err != nil {
		return err
	}
	if l, ok := got.(traits.Lister); ok && l.Size() == types.IntZero && w.(traits.Sizer).Size() == types.IntZero {
		return nil
	}
	if got.Type() != w.Type() || got.Equal(w) != types.True {
		return fmt.Errorf("got %v, want %v", got, w)
	}
	return nil
}
