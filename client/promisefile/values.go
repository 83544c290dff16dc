package promisefile

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var typeWords = map[string]pb.ValueType{"string": pb.ValueType_STRING, "int": pb.ValueType_INT, "bool": pb.ValueType_BOOL,
	"time": pb.ValueType_TIME, "duration": pb.ValueType_DURATION, "amount": pb.ValueType_AMOUNT}

// value reads a value of a known type. It returns nil after a fault.
func (r *reader) value(n *yaml.Node, what string, t pb.ValueType) *pb.Value {
	if n.Kind != yaml.Scalar {
		r.fail(n, "%s is a value, not %s", what, n.Kind)
		return nil
	}
	switch t {
	case pb.ValueType_STRING:
		return &pb.Value{Value: &pb.Value_String_{String_: n.Text}}
	case pb.ValueType_INT:
		v, err := strconv.ParseInt(strings.ReplaceAll(n.Text, "_", ""), 10, 64)
		if err != nil {
			r.fail(n, "%s is a whole number, not %q", what, clip(n.Text))
			return nil
		}
		return &pb.Value{Value: &pb.Value_Int{Int: v}}
	case pb.ValueType_BOOL:
		if n.Text != "true" && n.Text != "false" {
			r.fail(n, "%s is true or false, not %q", what, clip(n.Text))
			return nil
		}
		return &pb.Value{Value: &pb.Value_Bool{Bool: n.Text == "true"}}
	case pb.ValueType_TIME:
		if ts := r.time(n, what); ts != nil {
			return &pb.Value{Value: &pb.Value_Time{Time: ts}}
		}
		return nil
	case pb.ValueType_DURATION:
		if d := r.duration(n, what); d != nil {
			return &pb.Value{Value: &pb.Value_Duration{Duration: d}}
		}
		return nil
	}
	return r.amount(n, what)
}

func (r *reader) time(n *yaml.Node, what string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, r.str(n, what))
	if err != nil {
		if n.Kind == yaml.Scalar {
			r.fail(n, "%s is a time with its zone, as in 2026-12-01T18:00:00Z, not %q", what, clip(n.Text))
		}
		return nil
	}
	return timestamppb.New(t)
}

func (r *reader) moment(path, what string, to **timestamppb.Timestamp) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.place(path, n)
		*to = r.time(n, what)
	}
}

func (r *reader) duration(n *yaml.Node, what string) *durationpb.Duration {
	d, err := ParseDuration(r.str(n, what))
	if err != nil {
		if n.Kind == yaml.Scalar {
			r.fail(n, "%s: %v", what, err)
		}
		return nil
	}
	return durationpb.New(d)
}

// amount reads an amount whose units are settled at the end of the file.
func (r *reader) amount(n *yaml.Node, what string) *pb.Value {
	digits, places, asset, err := contract.SplitAmount(n.Text)
	if err != nil {
		r.fail(n, "%s: %v", what, err)
		return nil
	}
	a := &pb.Amount{Asset: asset}
	r.amounts = append(r.amounts, pending{n, digits, places, a})
	return &pb.Value{Value: &pb.Value_Amount{Amount: a}}
}

var isoDuration = regexp.MustCompile(`^(-?)P(?:(\d{1,9})W|(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.(\d{1,9}))?S)?)?)$`)

// ParseDuration reads Go's form with days and weeks (48h, 30d, 1d12h, 2w) and
// ISO 8601's without years and months (P14D, PT48H, P1DT12H).
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a length of time; write 48h, 30d, 1d12h, P14D or PT48H", clip(s))
	if len(s) == 0 || len(s) > 64 {
		return 0, bad
	}
	if strings.Contains(s, "P") {
		return isoLength(s, bad)
	}
	rest, total, sign := s, time.Duration(0), time.Duration(1)
	if strings.HasPrefix(rest, "-") {
		rest, sign = rest[1:], -1
	}
	for _, u := range []struct {
		unit string
		len  time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, ok := strings.Cut(rest, u.unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 24)
		if err != nil {
			return 0, bad
		}
		if total += time.Duration(n) * u.len; n > 20_000 || total > lengthMax {
			return 0, fmt.Errorf("%q is longer than %d years", clip(s), contract.DurationYearsMax)
		}
		rest = after
	}
	if rest == "" {
		return sign * total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || strings.HasPrefix(rest, "+") {
		return 0, bad
	}
	if d > lengthMax {
		return 0, fmt.Errorf("%q is longer than %d years", clip(s), contract.DurationYearsMax)
	}
	return sign * (total + d), nil
}

const lengthMax = contract.DurationYearsMax * 366 * 24 * time.Hour

func isoLength(s string, bad error) (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return 0, bad
	}
	total := new(big.Int)
	add := func(digits string, unit time.Duration) {
		if digits == "" {
			return
		}
		n, _ := new(big.Int).SetString(digits, 10)
		total.Add(total, n.Mul(n, big.NewInt(int64(unit))))
	}
	add(m[2], 7*24*time.Hour)
	add(m[3], 24*time.Hour)
	add(m[4], time.Hour)
	add(m[5], time.Minute)
	add(m[6], time.Second)
	if m[7] != "" {
		add((m[7] + "000000000")[:9], 1)
	}
	if !total.IsInt64() || total.Int64() > int64(lengthMax) {
		return 0, fmt.Errorf("%q is longer than %d years", clip(s), contract.DurationYearsMax)
	}
	if m[1] == "-" {
		total.Neg(total)
	}
	return time.Duration(total.Int64()), nil
}
