package contract

import (
	"fmt"
	"strconv"

	"github.com/troth-ledger/troth/gen/pb"
)

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

func (c *Contract) factSentence(v *FactView, d Decimals) string {
	st := v.Fact.Statement
	s := fmt.Sprintf("%s states “%s” at %s", v.By, st.Kind, FormatTime(moment(st.At)))
	for _, x := range st.Values {
		s += fmt.Sprintf(", %s %s", x.Name, FormatValue(x.Value, d))
	}
	return s
}

// FormatValue writes a value as people read it.
func FormatValue(v *pb.Value, d Decimals) string {
	switch x := v.GetValue().(type) {
	case *pb.Value_String_:
		return x.String_
	case *pb.Value_Int:
		return strconv.FormatInt(x.Int, 10)
	case *pb.Value_Bool:
		if x.Bool {
			return "yes"
		}
		return "no"
	case *pb.Value_Time:
		return FormatTime(x.Time.AsTime())
	case *pb.Value_Duration:
		return FormatDuration(x.Duration.AsDuration())
	case *pb.Value_Amount:
		return FormatAmount(x.Amount.GetUnits(), d(x.Amount.GetAsset()), x.Amount.GetAsset())
	case *pb.Value_Sealed:
		return "(sealed)"
	}
	return "(nothing)"
}

func (c *Contract) clauseSentence(s *pb.Settlement) string { return s.Rule }

func (c *Contract) payoutSentence(p *pb.Promise, facts []FactView, s *pb.Settlement, l *pb.Payout, d Decimals) string {
	return FormatAmount(l.Units, d(l.Asset), l.Asset) + " from " + l.Hold + " to " + l.Role
}
