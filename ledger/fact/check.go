package fact

import (
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
)

// Limits of a statement. Times and durations are bounded so that whatever a
// rule adds or compares is a time; the bounds are those of a template's terms.
const (
	// SubjectMax is the longest subject, in bytes.
	SubjectMax = 128
	// KindMax is the longest kind, in bytes.
	KindMax = 48
	// NameMax is the longest name of a value, in bytes.
	NameMax = 48
	// ValuesMax is the most values of a statement.
	ValuesMax = 16
	// StringMax is the longest text value, in bytes.
	StringMax = 256
	// ReferenceMax is the longest reference, in bytes: room for the hash id of an
	// EPCIS event, ni:///sha-256;<64 digits>?ver=CBV2.0, which has 89.
	ReferenceMax = 128
	// YearMin and YearMax bound times.
	YearMin, YearMax = 1900, 2150
	// DurationMax bounds durations: 100 years of 366 days.
	DurationMax = 100 * 366 * 24 * time.Hour
)

// Check says whether a statement is well formed, by itself. It returns
// MALFORMED, TOO_LARGE, INVALID, BAD_AMOUNT or OVERFLOW.
func Check(s *pb.Statement) error {
	if s == nil {
		return op.Errorf(pb.Code_INVALID, "a statement is missing")
	}
	if err := checkSizes(s); err != nil {
		return err
	}
	switch {
	case !every(s.Subject, subjectByte) || s.Subject == "":
		return op.Errorf(pb.Code_INVALID, "subject %q is not 1 to %d letters, digits and -_.:/@", s.Subject, SubjectMax)
	case !every(s.Kind, kindByte):
		return op.Errorf(pb.Code_INVALID, "kind %q is not 1 to %d of a-z, 0-9, _ and .", s.Kind, KindMax)
	case !every(s.Reference, printable):
		return op.Errorf(pb.Code_INVALID, "reference %q has a character that is not printable ASCII", s.Reference)
	case s.Promise != "" && !op.IsID("pr", s.Promise):
		return op.Errorf(pb.Code_INVALID, "promise: %q is no promise's id", s.Promise)
	case s.Corrects != "" && s.Withdraws != "":
		return op.Errorf(pb.Code_INVALID, "a statement corrects or withdraws, not both")
	case Supersedes(&pb.Fact{Statement: s}) != "" && !op.IsID("f", s.Corrects+s.Withdraws):
		return op.Errorf(pb.Code_INVALID, "%q is no fact's id", s.Corrects+s.Withdraws)
	case s.Withdraws != "" && (s.Kind != "" || len(s.Values) > 0):
		return op.Errorf(pb.Code_INVALID, "a withdrawal has neither kind nor values")
	case s.Withdraws == "" && s.Kind == "":
		return op.Errorf(pb.Code_INVALID, "kind is missing")
	}
	if err := checkTime("at", s.At); err != nil {
		return err
	}
	return checkValues(s.Values)
}

func checkSizes(s *pb.Statement) error {
	for _, f := range []struct {
		name   string
		n, max int
		unit   string
	}{
		{"subject", len(s.Subject), SubjectMax, "bytes"},
		{"kind", len(s.Kind), KindMax, "bytes"},
		{"reference", len(s.Reference), ReferenceMax, "bytes"},
		{"values", len(s.Values), ValuesMax, "entries"},
	} {
		if f.n > f.max {
			return op.Errorf(pb.Code_TOO_LARGE, "%s has %d %s; %d is the most", f.name, f.n, f.unit, f.max)
		}
	}
	for _, v := range s.Values {
		if n := len(v.GetValue().GetString_()); n > StringMax {
			return op.Errorf(pb.Code_TOO_LARGE, "value %.48q has %d bytes; %d is the most", v.Name, n, StringMax)
		}
	}
	return nil
}

func checkValues(values []*pb.NamedValue) error {
	for i, v := range values {
		if !isName(v.GetName()) {
			return op.Errorf(pb.Code_INVALID, "%.60q names no value: 1 to %d letters, digits and _, no digit first", v.GetName(), NameMax)
		}
		for _, w := range values[:i] {
			if w.Name == v.Name {
				return op.Errorf(pb.Code_INVALID, "value %q is there twice", v.Name)
			}
		}
		if err := checkValue(v); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(v *pb.NamedValue) error {
	switch x := v.Value.GetValue().(type) {
	case *pb.Value_Int, *pb.Value_Bool:
		return nil
	case *pb.Value_String_:
		if !utf8.ValidString(x.String_) {
			return op.Errorf(pb.Code_MALFORMED, "value %q is not UTF-8", v.Name)
		}
		return nil
	case *pb.Value_Time:
		return checkTime("value "+v.Name, x.Time)
	case *pb.Value_Duration:
		if x.Duration.CheckValid() != nil || x.Duration.AsDuration().Abs() > DurationMax {
			return op.Errorf(pb.Code_INVALID, "value %q is no duration of at most 100 years", v.Name)
		}
		return nil
	case *pb.Value_Amount:
		if !asset.IsID(x.Amount.GetAsset()) {
			return op.Errorf(pb.Code_INVALID, "value %q: %.60q is no asset's id", v.Name, x.Amount.GetAsset())
		}
		if x.Amount.Units == 0 {
			return nil // a fact may well say that it cost nothing
		}
		return asset.CheckUnits(x.Amount.Units)
	case *pb.Value_Sealed:
		if len(x.Sealed) != 32 {
			return op.Errorf(pb.Code_INVALID, "value %q: a commitment has 32 bytes, not %d", v.Name, len(x.Sealed))
		}
		return nil
	}
	return op.Errorf(pb.Code_INVALID, "value %q is missing", v.Name)
}

func checkTime(name string, t *timestamppb.Timestamp) error {
	if t == nil || t.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "%s is not a time", name)
	}
	if y := t.AsTime().Year(); y < YearMin || y > YearMax {
		return op.Errorf(pb.Code_INVALID, "%s is in the year %d, not %d to %d", name, y, YearMin, YearMax)
	}
	return nil
}

func every(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) bool     { return c >= 'a' && c <= 'z' }
func digit(c byte) bool     { return c >= '0' && c <= '9' }
func letter(c byte) bool    { return lower(c) || c >= 'A' && c <= 'Z' }
func printable(c byte) bool { return c >= ' ' && c <= '~' }
func kindByte(c byte) bool  { return lower(c) || digit(c) || c == '_' || c == '.' }
func nameByte(c byte) bool  { return letter(c) || digit(c) || c == '_' }

func subjectByte(c byte) bool {
	switch c {
	case '-', '_', '.', ':', '/', '@':
		return true
	}
	return letter(c) || digit(c)
}

func isName(s string) bool {
	return s != "" && len(s) <= NameMax && every(s, nameByte) && !digit(s[0])
}
