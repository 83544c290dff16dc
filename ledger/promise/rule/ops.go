package rule

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// standardSubset is what is taken from the library as it is: an allow-list,
// down to the overload. An exclude-list would admit whatever comes next.
func standardSubset() *env.LibrarySubset {
	fn := func(name string, ids ...string) *env.Function {
		var os []*env.Overload
		for _, id := range ids {
			os = append(os, &env.Overload{ID: id})
		}
		return env.NewFunction(name, os...)
	}
	return env.NewLibrarySubset().
		AddIncludedMacros(operators.Has, operators.Exists, operators.All, operators.ExistsOne,
			operators.Filter, operators.Map).
		AddIncludedFunctions(
			fn(operators.Conditional), fn(operators.LogicalAnd), fn(operators.LogicalOr),
			fn(operators.LogicalNot), fn(operators.NotStrictlyFalse),
			fn(operators.Equals), fn(operators.NotEquals),
			fn(operators.In, overloads.InList),
			fn(operators.Index, overloads.IndexList),
			fn(operators.Modulo, overloads.ModuloInt64),
			fn(overloads.Size, overloads.SizeString, overloads.SizeStringInst,
				overloads.SizeList, overloads.SizeListInst),
			fn(overloads.StartsWith, overloads.StartsWithString),
			fn(overloads.EndsWith, overloads.EndsWithString),
			fn(overloads.Contains, overloads.ContainsString),
			fn(overloads.TypeConvertDuration, overloads.StringToDuration),
			fn(overloads.TypeConvertTimestamp, overloads.StringToTimestamp),
		)
}

// sig is one overload: its id, operand types and result.
type sig struct {
	id   string
	args []*types.Type
	res  *types.Type
	impl any // func(ref.Val) ref.Val, func(l, r ref.Val) ref.Val or functions.FunctionOp
	recv bool
}

func declare(name string, sigs ...sig) cel.EnvOption {
	// Operands are typed by the checker and there is no dyn, so the runtime
	// guards would only repeat its work.
	opts := []cel.FunctionOpt{decls.DisableTypeGuards(true)}
	for _, s := range sigs {
		var bind cel.OverloadOpt
		switch f := s.impl.(type) {
		case func(ref.Val) ref.Val:
			bind = cel.UnaryBinding(f)
		case func(l, r ref.Val) ref.Val:
			bind = cel.BinaryBinding(f)
		case func(...ref.Val) ref.Val:
			bind = cel.FunctionBinding(functions.FunctionOp(f))
		}
		if s.recv {
			opts = append(opts, cel.MemberOverload(s.id, s.args, s.res, bind))
		} else {
			opts = append(opts, cel.Overload(s.id, s.args, s.res, bind))
		}
	}
	return cel.Function(name, opts...)
}

func args(ts ...*types.Type) []*types.Type { return ts }

// declared is every function whose operands can be amounts or now, and those
// where the library would use floats, the host's time zones or a conversion.
// Overloads on CEL's own types keep the library's ids, so that its cost table
// applies, and its arithmetic, which checks for overflow.
func declared() []cel.EnvOption {
	a := types.NewTypeParamType("A")
	listA := types.NewListType(a)
	str, num, ts, dur, amt := cel.StringType, cel.IntType, cel.TimestampType, cel.DurationType, amountType
	add := func(l, r ref.Val) ref.Val { return l.(traits.Adder).Add(r) }
	sub := func(l, r ref.Val) ref.Val { return l.(traits.Subtractor).Subtract(r) }
	mul := func(l, r ref.Val) ref.Val { return l.(traits.Multiplier).Multiply(r) }
	opts := []cel.EnvOption{
		declare(operators.Add,
			sig{id: overloads.AddInt64, args: args(num, num), res: num, impl: add},
			sig{id: overloads.AddString, args: args(str, str), res: str, impl: add},
			sig{id: overloads.AddList, args: args(listA, listA), res: listA, impl: add},
			sig{id: overloads.AddTimestampDuration, args: args(ts, dur), res: ts, impl: add},
			sig{id: overloads.AddDurationTimestamp, args: args(dur, ts), res: ts, impl: add},
			sig{id: overloads.AddDurationDuration, args: args(dur, dur), res: dur, impl: add},
			sig{id: "troth_add_amount", args: args(amt, amt), res: amt, impl: addAmount}),
		declare(operators.Subtract,
			sig{id: overloads.SubtractInt64, args: args(num, num), res: num, impl: sub},
			sig{id: overloads.SubtractTimestampDuration, args: args(ts, dur), res: ts, impl: sub},
			sig{id: overloads.SubtractTimestampTimestamp, args: args(ts, ts), res: dur, impl: sub},
			sig{id: overloads.SubtractDurationDuration, args: args(dur, dur), res: dur, impl: sub},
			sig{id: "troth_subtract_amount", args: args(amt, amt), res: amt, impl: subAmount}),
		declare(operators.Multiply,
			sig{id: overloads.MultiplyInt64, args: args(num, num), res: num, impl: mul},
			sig{id: "troth_multiply_amount_int", args: args(amt, num), res: amt, impl: mulAmount},
			sig{id: "troth_multiply_int_amount", args: args(num, amt), res: amt,
				impl: func(l, r ref.Val) ref.Val { return mulAmount(r, l) }}),
		declare(operators.Divide,
			sig{id: overloads.DivideInt64, args: args(num, num), res: num,
				impl: func(l, r ref.Val) ref.Val { return l.(traits.Divider).Divide(r) }},
			sig{id: "troth_divide_amount_int", args: args(amt, num), res: amt, impl: divAmount}),
		declare(operators.Negate,
			sig{id: overloads.NegateInt64, args: args(num), res: num,
				impl: func(v ref.Val) ref.Val { return v.(traits.Negater).Negate() }},
			sig{id: "troth_negate_amount", args: args(amt), res: amt, impl: negAmount}),
		declare("units", sig{id: "troth_amount_units", args: args(amt), res: num, impl: unitsOfAmount, recv: true}),
		declare("portion", sig{id: "troth_portion", args: args(amt, num, num), res: amt, impl: portionAmount}),
		extreme("max", opGreater), extreme("min", opLess),
	}
	return append(append(opts, orderings()...), calendar()...)
}

// orderings declares < <= > >= for every ordered type, and for now against a
// time on either side, which records the instant of the flip.
func orderings() []cel.EnvOption {
	var opts []cel.EnvOption
	for op, name := range []string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals} {
		op, word := cmpOp(op), [...]string{"less", "less_equals", "greater", "greater_equals"}[op]
		var sigs []sig
		for _, t := range []struct {
			suffix string
			typ    *types.Type
		}{{"_int64", cel.IntType}, {"_string", cel.StringType}, {"_bool", cel.BoolType},
			{"_timestamp", cel.TimestampType}, {"_duration", cel.DurationType}} {
			sigs = append(sigs, sig{id: word + t.suffix, args: args(t.typ, t.typ), res: cel.BoolType, impl: ordering(op)})
		}
		sigs = append(sigs,
			sig{id: "troth_" + word + "_amount", args: args(amountType, amountType), res: cel.BoolType, impl: amountOrdering(op)},
			sig{id: "troth_" + word + "_now_time", args: args(nowType, cel.TimestampType), res: cel.BoolType, impl: nowFirst(op)},
			sig{id: "troth_" + word + "_time_now", args: args(cel.TimestampType, nowType), res: cel.BoolType, impl: nowLast(op)})
		opts = append(opts, declare(name, sigs...))
	}
	return opts
}

// extreme declares max or min of two ints or two amounts.
func extreme(name string, op cmpOp) cel.EnvOption {
	pick := func(order func(l, r ref.Val) ref.Val) func(l, r ref.Val) ref.Val {
		return func(l, r ref.Val) ref.Val {
			switch first := order(l, r); first {
			case types.True:
				return l
			case types.False:
				return r
			default:
				return first // an error value
			}
		}
	}
	return declare(name,
		sig{id: "troth_" + name + "_int", args: args(cel.IntType, cel.IntType), res: cel.IntType, impl: pick(ordering(op))},
		sig{id: "troth_" + name + "_amount", args: args(amountType, amountType), res: amountType, impl: pick(amountOrdering(op))})
}

// calendar declares the parts of times, in UTC and nothing but UTC (a zone
// would be read from the host's files), and the parts of durations, truncated
// toward zero in integers (the library divides floats).
func calendar() []cel.EnvOption {
	ofTime := func(id string, part func(time.Time) int) sig {
		return sig{id: id, args: args(cel.TimestampType), res: cel.IntType, recv: true, impl: func(v ref.Val) ref.Val {
			return types.Int(part(v.(types.Timestamp).Time.UTC()))
		}}
	}
	ofDur := func(id string, unit, mod time.Duration) sig {
		return sig{id: id, args: args(cel.DurationType), res: cel.IntType, recv: true, impl: func(v ref.Val) ref.Val {
			d := v.(types.Duration).Duration
			if mod > 0 {
				d %= mod
			}
			return types.Int(d / unit)
		}}
	}
	return []cel.EnvOption{
		declare(overloads.TimeGetFullYear, ofTime(overloads.TimestampToYear, time.Time.Year)),
		declare(overloads.TimeGetMonth, ofTime(overloads.TimestampToMonth, func(t time.Time) int { return int(t.Month()) - 1 })),
		declare(overloads.TimeGetDayOfYear, ofTime(overloads.TimestampToDayOfYear, func(t time.Time) int { return t.YearDay() - 1 })),
		declare(overloads.TimeGetDayOfMonth, ofTime(overloads.TimestampToDayOfMonthZeroBased, func(t time.Time) int { return t.Day() - 1 })),
		declare(overloads.TimeGetDate, ofTime(overloads.TimestampToDayOfMonthOneBased, time.Time.Day)),
		declare(overloads.TimeGetDayOfWeek, ofTime(overloads.TimestampToDayOfWeek, func(t time.Time) int { return int(t.Weekday()) })),
		declare(overloads.TimeGetHours, ofTime(overloads.TimestampToHours, time.Time.Hour), ofDur(overloads.DurationToHours, time.Hour, 0)),
		declare(overloads.TimeGetMinutes, ofTime(overloads.TimestampToMinutes, time.Time.Minute), ofDur(overloads.DurationToMinutes, time.Minute, 0)),
		declare(overloads.TimeGetSeconds, ofTime(overloads.TimestampToSeconds, time.Time.Second), ofDur(overloads.DurationToSeconds, time.Second, 0)),
		declare(overloads.TimeGetMilliseconds,
			ofTime(overloads.TimestampToMilliseconds, func(t time.Time) int { return t.Nanosecond() / int(time.Millisecond) }),
			ofDur(overloads.DurationToMilliseconds, time.Millisecond, time.Second)),
	}
}
