package demo

import (
	"regexp"
	"time"

	"github.com/troth-ledger/troth"
)

// moments matches the times in an example file: RFC 3339, or to the minute with
// a blank, as flight data has them.
var moments = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)`)

// layouts are how such a time may be written.
var layouts = []string{time.RFC3339, time.RFC3339Nano, "2006-01-02 15:04Z07:00"}

// example reads a file under examples/ with all its times moved by the same
// length, so that the last of them is now.
func example(name string, now time.Time) ([]byte, error) {
	b, err := troth.Files.ReadFile("examples/" + name)
	if err != nil {
		return nil, err
	}
	return shift(b, now), nil
}

func shift(b []byte, now time.Time) []byte {
	var last time.Time
	for _, m := range moments.FindAll(b, -1) {
		if t, _, ok := moment(string(m)); ok && t.After(last) {
			last = t
		}
	}
	by := now.Sub(last)
	return moments.ReplaceAllFunc(b, func(m []byte) []byte {
		t, layout, ok := moment(string(m))
		if !ok {
			return m
		}
		return []byte(t.Add(by).Format(layout))
	})
}

func moment(s string) (t time.Time, layout string, ok bool) {
	for _, layout = range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, layout, true
		}
	}
	return t, "", false
}
