package promisefile

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
)

// template reads the whole file. Roles, terms and kinds of fact come first,
// wherever they are written: the examples need their types.
func (r *reader) template(t *pb.Template) {
	root := r.doc.Root
	var roles, terms, facts, examples *yaml.Node
	later := func(to **yaml.Node) func(*yaml.Node) { return func(n *yaml.Node) { *to = n } }
	r.fields(root, "a template", map[string]func(*yaml.Node){
		"template": r.text("template", "the template's name", &t.Name),
		"version":  r.count("version", &t.Version),
		"dialect":  r.text("dialect", "the dialect", &t.Dialect),
		"subject":  r.text("subject", "the subject", &t.Subject),
		"text":     func(n *yaml.Node) { r.texts(n, t) },
		"roles":    later(&roles),
		"terms":    later(&terms),
		"facts":    later(&facts),
		"holds":    func(n *yaml.Node) { r.holds(n, t) },
		"rules":    func(n *yaml.Node) { r.rules(n, t) },
		"periods":  func(n *yaml.Node) { r.periods(n, t) },
		"caps":     func(n *yaml.Node) { r.caps(n, t) },
		"dispute":  func(n *yaml.Node) { r.dispute(n, t) },
		"cancel":   func(n *yaml.Node) { r.cancels(n, t) },
		"transfer": func(n *yaml.Node) { r.transfers(n, t) },
		"novation": func(n *yaml.Node) { r.novation(n, t) },
		"examples": later(&examples),
	})
	if root.Kind != yaml.Map {
		return
	}
	for _, need := range []string{"template", "text", "roles", "rules", "examples"} {
		if root.Get(need) == nil {
			r.fail(root, "the template has no %s", need)
		}
	}
	if roles != nil {
		r.roles(roles, t)
	}
	if terms != nil {
		r.terms(terms, t)
	}
	if facts != nil {
		r.kinds(facts, t)
	} else {
		t.Facts = impliedKinds(t)
	}
	if examples != nil {
		r.place("examples", examples)
		r.items(examples, "examples", func(i int, n *yaml.Node) {
			t.Examples = append(t.Examples, r.example(fmt.Sprintf("examples[%d]", i), n, t))
		})
	}
}

// texts reads `text: …` or `text: {en: …, de: …}`.
func (r *reader) texts(n *yaml.Node, t *pb.Template) {
	r.place("text", n)
	if n.Kind == yaml.Scalar {
		r.place("text[0]", n)
		t.Text = []*pb.LocalText{{Text: strings.TrimRight(n.Text, "\n")}}
		return
	}
	r.each(n, "text", func(i int, key, v *yaml.Node) {
		x := &pb.LocalText{Lang: key.Text}
		r.text(fmt.Sprintf("text[%d]", i), "the text", &x.Text)(v)
		t.Text = append(t.Text, x)
	})
}

// each reads a map whose keys are the author's own names.
func (r *reader) each(n *yaml.Node, what string, f func(i int, key, v *yaml.Node)) {
	if n.Kind == yaml.Null {
		return
	}
	if n.Kind != yaml.Map {
		r.fail(n, "%s is a map from names, not %s", what, n.Kind)
		return
	}
	for i, e := range n.Entries {
		f(i, e.Key, e.Value)
	}
}

var roleWords = map[string]pb.RoleKind{"promisor": pb.RoleKind_PROMISOR, "beneficiary": pb.RoleKind_BENEFICIARY,
	"attester": pb.RoleKind_ATTESTER, "arbiter": pb.RoleKind_ARBITER, "payee": pb.RoleKind_PAYEE}

func (r *reader) roles(n *yaml.Node, t *pb.Template) {
	r.place("roles", n)
	r.each(n, "roles", func(i int, key, v *yaml.Node) {
		d := &pb.RoleDef{Name: key.Text}
		t.Roles = append(t.Roles, d)
		path := fmt.Sprintf("roles[%d]", i)
		r.place(path, key)
		if v.Kind == yaml.Scalar {
			d.Kind = word(r, v, "a role's kind", roleWords)
			return
		}
		r.fields(v, "a role", map[string]func(*yaml.Node){
			"kind":     func(n *yaml.Node) { d.Kind = word(r, n, "a role's kind", roleWords) },
			"unasked":  r.flag("unasked", &d.Unasked),
			"owner_of": r.text(path+".owner_of", "owner_of", &d.OwnerOf),
			"class":    r.text(path+".class", "the class", &d.Class),
		})
	})
}

func (r *reader) terms(n *yaml.Node, t *pb.Template) {
	r.place("terms", n)
	r.each(n, "terms", func(i int, key, v *yaml.Node) {
		d := &pb.TermDef{Name: key.Text}
		t.Terms = append(t.Terms, d)
		path := fmt.Sprintf("terms[%d]", i)
		r.place(path, key)
		if v.Kind == yaml.Scalar {
			d.Type = word(r, v, "a term's type", typeWords)
			return
		}
		var def *yaml.Node
		r.fields(v, "a term", map[string]func(*yaml.Node){
			"type":    func(n *yaml.Node) { d.Type = word(r, n, "a term's type", typeWords) },
			"default": func(n *yaml.Node) { def = n },
			"sealed":  r.flag("sealed", &d.Sealed),
		})
		if def != nil && d.Type != pb.ValueType_NO_VALUE_TYPE {
			r.place(path+".default", def)
			d.Default = r.value(def, "the default of "+d.Name, d.Type)
		}
	})
}

// kinds reads `{shock: {force: int}}`, the longer `{shock: {fields: {force:
// int}, quorum: 2}}` and, for kinds without fields, `[delivered, lost]`.
func (r *reader) kinds(n *yaml.Node, t *pb.Template) {
	r.place("facts", n)
	if n.Kind == yaml.List {
		r.items(n, "facts", func(i int, v *yaml.Node) {
			r.place(fmt.Sprintf("facts[%d]", i), v)
			t.Facts = append(t.Facts, &pb.FactDef{Kind: r.str(v, "a kind of fact")})
		})
		return
	}
	r.each(n, "facts", func(i int, key, v *yaml.Node) {
		d := &pb.FactDef{Kind: key.Text}
		t.Facts = append(t.Facts, d)
		path := fmt.Sprintf("facts[%d]", i)
		r.place(path, key)
		switch {
		case v.Kind == yaml.Null:
		case !longForm(v):
			r.factFields(path, v, d)
		default:
			r.fields(v, "a kind of fact", map[string]func(*yaml.Node){
				"fields": func(n *yaml.Node) { r.factFields(path, n, d) },
				"quorum": func(n *yaml.Node) {
					r.place(path+".quorum", n)
					r.count("the quorum", &d.Quorum)(n)
				},
				"max_age": func(n *yaml.Node) {
					r.place(path+".max_age", n)
					if p := r.duration(n, "max_age"); p != nil {
						d.MaxAge = durationpb.New(p.AsDuration())
					}
				},
			})
		}
	})
}

// longForm tells {fields: …, quorum: 2} from fields that happen to have those
// names.
func longForm(n *yaml.Node) bool {
	for _, e := range n.Entries {
		switch _, isType := typeWords[e.Value.Text]; {
		case isType:
		case e.Key.Text == "fields" || e.Key.Text == "quorum" || e.Key.Text == "max_age":
			return true
		}
	}
	return false
}

func (r *reader) factFields(path string, n *yaml.Node, d *pb.FactDef) {
	r.each(n, "the fields of a fact", func(i int, key, v *yaml.Node) {
		r.place(fmt.Sprintf("%s.fields[%d]", path, i), key)
		d.Fields = append(d.Fields, &pb.FieldDef{Name: key.Text, Type: word(r, v, "a field's type", typeWords)})
	})
}

var kindTests = []*regexp.Regexp{
	regexp.MustCompile(`\.kind\s*[!=]=\s*(?:'([^'\\]*)'|"([^"\\]*)")`),
	regexp.MustCompile(`(?:'([^'\\]*)'|"([^"\\]*)")\s*[!=]=\s*\w+\.kind\b`),
}

var (
	kindLists = regexp.MustCompile(`\.kind\s+in\s+\[([^\]]*)\]`)
	quotedIn  = regexp.MustCompile(`'([^'\\]*)'|"([^"\\]*)"`)
)

// impliedKinds are the kinds that the expressions compare a fact's kind with,
// for a template that declares none: kinds without fields, in the order in
// which they are first named.
func impliedKinds(t *pb.Template) []*pb.FactDef {
	var out []*pb.FactDef
	seen := map[string]bool{}
	add := func(matches [][]string) {
		for _, m := range matches {
			if kind := m[1] + m[2]; !seen[kind] {
				seen[kind] = true
				out = append(out, &pb.FactDef{Kind: kind})
			}
		}
	}
	scan := func(src string) {
		for _, re := range kindTests {
			add(re.FindAllStringSubmatch(src, -1))
		}
		for _, m := range kindLists.FindAllStringSubmatch(src, -1) {
			add(quotedIn.FindAllStringSubmatch(m[1], -1))
		}
	}
	for _, x := range t.Rules {
		scan(x.When)
		for _, l := range x.Pay {
			scan(l.Amount)
		}
	}
	for _, x := range t.Cancel {
		scan(x.When)
		for _, l := range x.Pay {
			scan(l.Amount)
		}
	}
	return out
}
