package promisefile_test

import (
	"testing"
	"time"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// FuzzParseDuration: what is read is within bounds, and the same when it is
// written and read again.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"48h", "30d", "1d12h", "2w", "-3d", "P14D", "PT48H", "-P1DT12H0.5S", "1h30m0.000000001s", "20000d", "99999999999h", "+1h", "P", "PT"} {
		f.Add(s)
	}
	const most = contract.DurationYearsMax * 366 * 24 * time.Hour
	f.Fuzz(func(t *testing.T, s string) {
		d, err := promisefile.ParseDuration(s)
		if err != nil {
			return
		}
		if d > most || d < -most {
			t.Fatalf("%q is %s", s, d)
		}
		if again, err := promisefile.ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q is %s, which is %s (%v)", s, d, again, err)
		}
	})
}
