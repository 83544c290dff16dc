package contract

import (
	"fmt"
	"regexp"

	"github.com/troth-ledger/troth/gen/pb"
)

// Limits of a template. They bound the work of compiling, checking and
// evaluating, and are part of the dialect: changing one needs a new dialect id.
const (
	// TemplateBytesMax is the longest encoded template.
	TemplateBytesMax = 64 << 10
	// RolesMax, TermsMax, KindsMax, FieldsMax, HoldsMax, RulesMax, LegsMax,
	// CapsMax, CancelsMax, ExamplesMax and TextsMax bound the lists; FieldsMax
	// counts by kind, LegsMax by rule.
	RolesMax    = 16
	TermsMax    = 32
	KindsMax    = 16
	FieldsMax   = 16
	HoldsMax    = 8
	RulesMax    = 32
	LegsMax     = 8
	CapsMax     = 8
	CancelsMax  = 8
	ExamplesMax = 64
	TextsMax    = 16
	// ExampleFactsMax bounds the facts of one example.
	ExampleFactsMax = 64
	// TextBytesMax is the longest text in one language.
	TextBytesMax = 4096
	// ClauseBytesMax is the longest name of a rule.
	ClauseBytesMax = 80
	// PeriodsMax is the most periods a promise can have.
	PeriodsMax = 600
	// QuorumMax is the largest quorum: as many parties as a role can have.
	QuorumMax = 8
	// FactsMax is the most facts that count for one promise.
	FactsMax = 256
	// PortionMax is the largest denominator of a portion.
	PortionMax = 1_000_000_000
	// UnitsMax is the most minor units a hold can ever be given. Sums of a
	// template's holds fit an int64.
	UnitsMax = 1 << 60
	// DurationYearsMax bounds a duration, in years of 366 days.
	DurationYearsMax = 100
)

// Times of terms and facts lie between these years, so that a sum of a time
// and a duration is always a time the rules can compare.
const (
	yearMin = 1900
	yearMax = 2150
)

var (
	templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	identifier   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,47}$`)
	kindName     = regexp.MustCompile(`^[a-z0-9_.]{1,48}$`)
	subjectText  = regexp.MustCompile(`^[A-Za-z0-9_.:/@-]{1,128}$`)
	language     = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$`)
)

// counts checks how much of everything there is.
func (b *builder) counts() {
	t := b.t
	if n := t.SizeVT(); n > TemplateBytesMax {
		b.fail("", "the template has %d bytes, the most is %d", n, TemplateBytesMax)
	}
	for _, l := range []struct {
		path   string
		n, max int
	}{
		{"text", len(t.Text), TextsMax}, {"roles", len(t.Roles), RolesMax},
		{"terms", len(t.Terms), TermsMax}, {"facts", len(t.Facts), KindsMax},
		{"holds", len(t.Holds), HoldsMax}, {"rules", len(t.Rules), RulesMax},
		{"caps", len(t.Caps), CapsMax}, {"cancel", len(t.Cancel), CancelsMax},
		{"examples", len(t.Examples), ExamplesMax},
		{"transfer", len(t.Transfer), RolesMax},
	} {
		if l.n > l.max {
			b.fail(l.path, "%d %s, the most is %d", l.n, l.path, l.max)
		}
	}
	for i, r := range t.Rules {
		if len(r.Pay) > LegsMax {
			b.fail(fmt.Sprintf("rules[%d].pay", i), "%d legs, the most is %d", len(r.Pay), LegsMax)
		}
	}
	for i, x := range t.Cancel {
		if len(x.Pay) > LegsMax {
			b.fail(fmt.Sprintf("cancel[%d].pay", i), "%d legs, the most is %d", len(x.Pay), LegsMax)
		}
	}
	for i, f := range t.Facts {
		if len(f.Fields) > FieldsMax {
			b.fail(fmt.Sprintf("facts[%d].fields", i), "%d fields, the most is %d", len(f.Fields), FieldsMax)
		}
	}
	for i, x := range t.Examples {
		if len(x.Facts) > ExampleFactsMax {
			b.fail(fmt.Sprintf("examples[%d].facts", i), "%d facts, the most is %d", len(x.Facts), ExampleFactsMax)
		}
	}
}

// cost bounds what one look at a promise can cost.
func (b *builder) cost() {
	var sum uint64
	for _, e := range b.c.expressions() {
		sum += e.prog.CostMax()
	}
	if sum > CostMax {
		b.problems = append(b.problems, Problem{Path: "rules", Code: pb.Code_TOO_COSTLY,
			Msg: fmt.Sprintf("all conditions and amounts together could take %d steps with %d facts, the most is %d", sum, FactsMax, CostMax)})
	}
}

// unique reports a name that is badly formed or was used before in its list.
func (b *builder) unique(path, what, name string, seen map[string]bool) {
	switch {
	case !identifier.MatchString(name):
		b.fail(path, "%s %q: a name is 1 to 48 letters, digits and _, and starts with no digit", what, name)
	case seen[name]:
		b.fail(path, "%s %q is declared twice", what, name)
	}
	seen[name] = true
}

// clauseName checks the name of a rule or a cancellation.
func (b *builder) clauseName(path, name string, seen map[string]bool) {
	switch {
	case name == "":
		b.fail(path, "a clause needs a name, which its receipt will show")
	case len(name) > ClauseBytesMax:
		b.fail(path, "the name has %d bytes, the most is %d", len(name), ClauseBytesMax)
	case hasControl(name):
		b.fail(path, "the name %q has a control character", name)
	case seen[name]:
		b.fail(path, "two clauses are named %q", name)
	}
	seen[name] = true
}

func hasControl(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return true
		}
	}
	return false
}

func validType(t pb.ValueType) bool {
	return t >= pb.ValueType_STRING && t <= pb.ValueType_AMOUNT
}
