package contract

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// commitmentBytes is the length of a sealed term's commitment: SHA-256.
const commitmentBytes = 32

// ruleKind is the rule package's kind of a declared type.
func ruleKind(t pb.ValueType) rule.Kind {
	switch t {
	case pb.ValueType_STRING:
		return rule.KindString
	case pb.ValueType_INT:
		return rule.KindInt
	case pb.ValueType_BOOL:
		return rule.KindBool
	case pb.ValueType_TIME:
		return rule.KindTime
	case pb.ValueType_DURATION:
		return rule.KindDuration
	case pb.ValueType_AMOUNT:
		return rule.KindAmount
	}
	return rule.KindNone
}

// typeName is a declared type as templates write it.
func typeName(t pb.ValueType) string { return ruleKind(t).String() }

// toRule converts a value that checkValue has accepted. A sealed value is the
// zero Value: rules can't read it.
func toRule(v *pb.Value) rule.Value {
	switch x := v.GetValue().(type) {
	case *pb.Value_String_:
		return rule.String(x.String_)
	case *pb.Value_Int:
		return rule.Int(x.Int)
	case *pb.Value_Bool:
		return rule.Bool(x.Bool)
	case *pb.Value_Time:
		return rule.Time(x.Time.AsTime().UnixNano())
	case *pb.Value_Duration:
		return rule.Duration(x.Duration.AsDuration())
	case *pb.Value_Amount:
		return rule.Amount(x.Amount.GetAsset(), x.Amount.GetUnits())
	}
	return rule.Value{}
}

// checkValue says why v is not a value of type want, or nil.
func checkValue(v *pb.Value, want pb.ValueType) error {
	var got pb.ValueType
	switch x := v.GetValue().(type) {
	case *pb.Value_String_:
		got = pb.ValueType_STRING
		if len(x.String_) > rule.StringMax {
			return fmt.Errorf("a text of %d bytes, the most is %d", len(x.String_), rule.StringMax)
		}
	case *pb.Value_Int:
		got = pb.ValueType_INT
	case *pb.Value_Bool:
		got = pb.ValueType_BOOL
	case *pb.Value_Time:
		got = pb.ValueType_TIME
		if !x.Time.IsValid() || x.Time.AsTime().Year() < yearMin || x.Time.AsTime().Year() > yearMax {
			return fmt.Errorf("a time outside the years %d to %d", yearMin, yearMax)
		}
	case *pb.Value_Duration:
		got = pb.ValueType_DURATION
		if d := x.Duration.AsDuration(); !x.Duration.IsValid() || d > durationMax || d < -durationMax {
			return fmt.Errorf("a duration of more than %d years", DurationYearsMax)
		}
	case *pb.Value_Amount:
		got = pb.ValueType_AMOUNT
		if u := x.Amount.GetUnits(); u > UnitsMax || u < -UnitsMax {
			return fmt.Errorf("an amount of more than %d minor units", int64(UnitsMax))
		}
		if a := x.Amount.GetAsset(); a == "" || len(a) > 128 {
			return fmt.Errorf("an amount without an asset")
		}
	case *pb.Value_Sealed:
		return fmt.Errorf("a commitment where %s is wanted", article(typeName(want)))
	default:
		return fmt.Errorf("no value where %s is wanted", article(typeName(want)))
	}
	if got != want {
		return fmt.Errorf("%s where %s is wanted", article(typeName(got)), article(typeName(want)))
	}
	return nil
}

const durationMax = DurationYearsMax * 366 * 24 * time.Hour

// zeroValue is a value of type t that says nothing, for a term that nothing
// reads; a text is the term's own name.
func zeroValue(name string, t pb.ValueType) *pb.Value {
	switch t {
	case pb.ValueType_INT:
		return &pb.Value{Value: &pb.Value_Int{}}
	case pb.ValueType_BOOL:
		return &pb.Value{Value: &pb.Value_Bool{}}
	case pb.ValueType_TIME:
		return &pb.Value{Value: &pb.Value_Time{Time: &timestamppb.Timestamp{}}}
	case pb.ValueType_DURATION:
		return &pb.Value{Value: &pb.Value_Duration{Duration: &durationpb.Duration{}}}
	case pb.ValueType_AMOUNT:
		return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: "none"}}}
	}
	return &pb.Value{Value: &pb.Value_String_{String_: name}}
}

func article(s string) string {
	switch s[0] {
	case 'a', 'e', 'i', 'o', 'u':
		return "an " + s
	}
	return "a " + s
}

// stamp and moment convert between the schema's times and Go's.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func moment(ts *timestamppb.Timestamp) time.Time {
	if ts == nil {
		return time.Time{}
	}
	return ts.AsTime()
}

func fromNanos(n int64) time.Time { return time.Unix(0, n).UTC() }
