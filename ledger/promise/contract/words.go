package contract

import (
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// OutcomeWord is an outcome as files and people write it; GOES_ON is active.
func OutcomeWord(o pb.Outcome) string {
	if o == pb.Outcome_GOES_ON {
		return "active"
	}
	return strings.ToLower(o.String())
}

func stateWord(s pb.PromiseState) string { return strings.ToLower(s.String()) }

// FormatTime writes a time in UTC as people read it, to the second where that
// is exact.
func FormatTime(t time.Time) string {
	t = t.UTC()
	layout := "2 January 2006 15:04"
	switch {
	case t.Nanosecond() != 0:
		layout += ":05.999999999"
	case t.Second() != 0:
		layout += ":05"
	}
	return t.Format(layout) + " UTC"
}

// FormatDuration writes a length of time in days, hours, minutes and seconds.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "no time"
	}
	sign := ""
	if d < 0 {
		sign, d = "minus ", -d
	}
	var parts []string
	for _, u := range []struct {
		name string
		len  time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if n := int64(d / u.len); n > 0 {
			parts = append(parts, plural(n, u.name))
			d %= u.len
		}
	}
	if d > 0 {
		parts = append(parts, d.String())
	}
	return sign + strings.Join(parts, " ")
}
