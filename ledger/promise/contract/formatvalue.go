package contract

import (
	"strconv"

	"github.com/troth-ledger/troth/gen/pb"
)

// FormatValue writes a value as people read it.
func FormatValue(v *pb.Value, d Decimals) string {
	switch x := v.GetValue().(type) {
	case *pb.Value_String_:
		return x.String_
	case *pb.Value_Int:
		return plainInt(x.Int)
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

func plainInt(n int64) string { return strconv.FormatInt(n, 10) }
