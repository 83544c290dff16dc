package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestShift(t *testing.T) {
	now := time.Date(2027, 1, 2, 3, 4, 5, 600, time.UTC)
	in := `{"a": "2026-11-20T10:00:00Z", "b": "2026-11-20T11:30:00+00:00", "c": "2026-11-20 10:00Z", "day": "2026-11-20"}`
	want := `{"a": "2027-01-02T01:34:05Z", "b": "2027-01-02T03:04:05Z", "c": "2027-01-02 01:34Z", "day": "2026-11-20"}`
	if got := string(shift([]byte(in), now)); got != want {
		t.Errorf("got\n%s\nexpected\n%s", got, want)
	}
}

func TestMonthEnding(t *testing.T) {
	for day := range 366 {
		deadline := time.Date(2027, 12, 31, 23, 59, 59, 7, time.UTC).AddDate(0, 0, -day)
		start, grace := monthEnding(deadline, 35)
		if got := start.AddDate(0, 1, 0).Add(grace); !got.Equal(deadline) || start.Day() > 28 {
			t.Fatalf("a month from %s and %s end at %s, expected %s", start, grace, got, deadline)
		}
	}
}

func TestBasisPoints(t *testing.T) {
	for in, want := range map[string]int64{"100": 10000, "99.985": 9998, "99.9": 9990, "0": 0, "28.57": 2857} {
		if got, err := basisPoints(json.Number(in)); err != nil || got != want {
			t.Errorf("%s: got %d, %v, expected %d", in, got, err, want)
		}
	}
	if _, err := basisPoints("n/a"); err == nil {
		t.Error("n/a is a number of per cent")
	}
}

func TestBankTransactions(t *testing.T) {
	for _, amount := range []string{"1.001", "x", ""} {
		file := `{"transactions": {"booked": [{"transactionAmount": {"currency": "EUR", "amount": "` + amount + `"}}]}}`
		if got, err := bankTransactions([]byte(file)); err == nil {
			t.Errorf("%q: got %d cents, expected an error", amount, got)
		}
	}
}

// A difference of a cent is one.
func TestDifferences(t *testing.T) {
	before := map[string]purse{"Ada": {200_00, 0}, "@shop": {10_00, 0}}
	change := map[string]int64{"Ada": -120_00, "@shop": +120_00}
	for _, c := range []struct {
		after map[string]purse
		want  []string
	}{
		{map[string]purse{"Ada": {80_00, 0}, "@shop": {130_00, 0}}, nil},
		{map[string]purse{"Ada": {80_01, 0}, "@shop": {129_99, 0}}, []string{"purse of Ada: got 80.01", "purse of @shop: got 129.99"}},
		{map[string]purse{"Ada": {80_00, 0}, "@shop": {129_99, 0}}, []string{"purse of @shop", "together: got -0.01, expected 0.00"}},
		{map[string]purse{"Ada": {80_00, 0}, "@shop": {129_00, 1_00}}, []string{"1.00 held, expected 130.00 and 0.00 held"}},
		{map[string]purse{"Ada": {80_00, 0}}, []string{"nobody is called @shop"}},
	} {
		var d differences
		d.comparePurses(before, c.after, change)
		all := strings.Join(d, "\n")
		if len(c.want) == 0 && all != "" {
			t.Errorf("%v: %s", c.after, all)
		}
		for _, w := range c.want {
			if !strings.Contains(all, w) {
				t.Errorf("%v: got\n%s\nexpected %q", c.after, all, w)
			}
		}
	}
}

// Every story is a story: who is paid is in it, and changes add up to nothing.
func TestStories(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Stories {
		if seen[s.Name] || s.Name == "" {
			t.Errorf("two stories are called %q", s.Name)
		}
		seen[s.Name] = true
		sum := int64(0)
		for name, by := range s.Want.Change {
			sum += by
			if _, ok := s.Purses[name]; !ok {
				t.Errorf("%s: the purse of %s changes, and nobody filled it", s.Name, name)
			}
		}
		if sum != 0 {
			t.Errorf("%s: the changes come to %d cents", s.Name, sum)
		}
	}
}
