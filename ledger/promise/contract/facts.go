package contract

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// Reads reports whether the template reads facts of a kind.
func (c *Contract) Reads(kind string) bool {
	for i := range c.kinds {
		if c.kinds[i].name == kind {
			return true
		}
	}
	return false
}

// Attests reports whether what role states counts: an attester's always, a
// side's only where a rule names the side, as in f.by == roles.buyer, so that
// nobody is a witness in their own case by oversight.
func (c *Contract) Attests(role string) bool { return contains(c.attesting, role) }

// attesters lists the roles whose facts count.
func (c *Contract) attesters() []string {
	var out []string
	for _, r := range c.t.Roles {
		named := r.Kind == pb.RoleKind_ATTESTER
		for _, x := range c.programs() {
			named = named || contains(x.Deps().Roles, r.Name)
		}
		if named {
			out = append(out, r.Name)
		}
	}
	return out
}

// Fits says why a statement is no fact that the template can read: its kind is
// not declared, or a declared field is missing or of another type. Fields that
// are not declared are allowed: the same fact may count for other promises. The
// error is a *Fault with FACT_MISFIT.
func (c *Contract) Fits(st *pb.Statement) error {
	for _, d := range c.t.Facts {
		if d.Kind == st.GetKind() {
			if err := fits(d, st.GetValues()); err != nil {
				return &Fault{Code: pb.Code_FACT_MISFIT, Msg: err.Error()}
			}
			return nil
		}
	}
	var names []string
	for _, d := range c.t.Facts {
		names = append(names, d.Kind)
	}
	return &Fault{Code: pb.Code_FACT_MISFIT,
		Msg: fmt.Sprintf("the template reads no kind of fact %q%s", st.GetKind(), near(st.GetKind(), names))}
}

func fits(d *pb.FactDef, values []*pb.NamedValue) error {
	for _, f := range d.Fields {
		v := valueOf(values, f.Name)
		if v == nil {
			return fmt.Errorf("a fact %q needs the field %q, %s", d.Kind, f.Name, article(typeName(f.Type)))
		}
		if err := checkValue(v, f.Type); err != nil {
			return fmt.Errorf("the field %q of a fact %q is %v", f.Name, d.Kind, err)
		}
	}
	return nil
}

func valueOf(values []*pb.NamedValue, name string) *pb.Value {
	for _, v := range values {
		if v.Name == name {
			return v.Value
		}
	}
	return nil
}

func fieldOf(d *pb.FactDef, name string) *pb.FieldDef {
	for _, f := range d.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func fieldNames(d *pb.FactDef) []string {
	var out []string
	for _, f := range d.Fields {
		out = append(out, f.Name)
	}
	return out
}

// counted is the facts that count, as rules see them, in the order in which
// each began to count.
type counted struct {
	facts []rule.Fact
	at    []int // by fact: its position among the views
}

// count applies corrections, quorum and maximum age.
//
// With a quorum of n, a fact counts once n attesters of one role have stated
// the same kind, subject and values, and its time is the latest they claim.
// Where attesters state the same again, their second statements count as a
// second fact once n of them have made one, and so on.
func (c *Contract) count(views []FactView) counted {
	out := counted{facts: make([]rule.Fact, 0, len(views)), at: make([]int, 0, len(views))}
	var rounds []int // by view, the how-manieth of its group by its attester; 0 outside quorums
	for i := range views {
		d, k := c.countable(&views[i])
		if k == nil {
			continue
		}
		at := moment(views[i].Fact.Statement.At).UnixNano()
		if k.quorum > 1 {
			if rounds == nil {
				rounds = make([]int, len(views))
			}
			latest, complete := quorum(views, rounds, i, k.quorum)
			if !complete {
				continue
			}
			at = max(at, latest)
		}
		f := rule.Fact{Kind: k.name, By: views[i].By, Subject: views[i].Fact.Statement.Subject, At: at,
			Arrived: moment(views[i].Fact.Arrived).UnixNano()}
		if len(d.Fields) > 0 {
			f.Fields = make([]rule.Value, len(d.Fields))
			for j, fd := range d.Fields {
				f.Fields[j] = toRule(valueOf(views[i].Fact.Statement.Values, fd.Name))
			}
		}
		out.facts, out.at = append(out.facts, f), append(out.at, i)
	}
	return out
}

// countable returns the definition of a fact that stands, fits and is not too
// old, or nil.
func (c *Contract) countable(v *FactView) (*pb.FactDef, *kind) {
	st := v.Fact.GetStatement()
	if st == nil || v.Fact.SupersededBy != "" || st.Withdraws != "" || len(st.Subject) > rule.StringMax {
		return nil, nil
	}
	for i := range c.kinds {
		k, d := &c.kinds[i], c.t.Facts[i]
		if k.name != st.Kind {
			continue
		}
		age := moment(v.Fact.Arrived).Sub(moment(st.At))
		if fits(d, st.Values) != nil || k.maxAge > 0 && age > k.maxAge {
			return nil, nil
		}
		return d, k
	}
	return nil, nil
}

// quorum notes the round of view i and reports whether it completes its
// round, with the latest time the round claims.
func quorum(views []FactView, rounds []int, i, need int) (latest int64, complete bool) {
	round := 1
	for j := 0; j < i; j++ {
		if rounds[j] > 0 && views[j].Fact.Attester == views[i].Fact.Attester && sameStatement(&views[j], &views[i]) {
			round++
		}
	}
	rounds[i] = round
	votes := 1
	for j := 0; j < i; j++ {
		if rounds[j] == round && sameStatement(&views[j], &views[i]) {
			votes++
			if t := moment(views[j].Fact.Statement.At).UnixNano(); votes == 2 || t > latest {
				latest = t
			}
		}
	}
	return latest, votes == need
}

// sameStatement reports whether two facts state the same: role, kind, subject
// and values, in whichever order the values are.
func sameStatement(a, b *FactView) bool {
	x, y := a.Fact.Statement, b.Fact.Statement
	if a.By != b.By || x.Kind != y.Kind || x.Subject != y.Subject || len(x.Values) != len(y.Values) {
		return false
	}
	for _, v := range x.Values {
		w := valueOf(y.Values, v.Name)
		if w == nil || !proto.Equal(v.Value, w) {
			return false
		}
	}
	return true
}
