package ledger_test

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
)

// declare adds people: to the genesis, but for newcomers.
func (p *player) declare(kind, rest string) {
	names, fields, _ := strings.Cut(rest, "{")
	if fields != "" {
		fields = "{" + fields
	}
	names, registrar, _ := strings.Cut(names, " by ")
	if registrar != "" {
		registrar = p.actor(strings.TrimSpace(registrar)).id
	}
	for _, name := range strings.Split(names, ",") {
		name = strings.TrimSpace(name)
		a := newActor(name, registrar)
		p.actors[name] = a
		if kind == "newcomer" {
			continue
		}
		m := &pb.Party{Id: a.id, Kind: pb.PartyKind(pb.PartyKind_value[strings.ToUpper(kind)])}
		if named := m.Kind == pb.PartyKind_COMPANY || m.Kind == pb.PartyKind_PROGRAMME; named && !strings.Contains(fields, "handle:") {
			m.Handle = name
		}
		m.Keys = []*pb.Key{{Scheme: pb.Scheme_ED25519, PublicKey: p.key(name + "/main").public, Role: pb.KeyRole_OWNER}}
		if fields != "" {
			p.unmarshal(fields, m)
		}
		p.genesis.Parties = append(p.genesis.Parties, m)
	}
}

func (p *player) actor(name string) *actor {
	p.t.Helper()
	a := p.actors[name]
	if a == nil {
		p.fatalf("nobody is called %q", name)
	}
	return a
}

// key returns a key by its name, `ana/phone`.
func (p *player) key(name string) *key {
	k := p.keys[name]
	if k == nil {
		k = newKey(name, pb.Scheme_ED25519)
		p.keys[name] = k
	}
	return k
}

var word = regexp.MustCompile(`\$([a-z][a-zA-Z0-9_]*)(/[a-z0-9-]+|\.salt|[+-][0-9][0-9a-z.]*[smh])?`)

// expand replaces $words by what they stand for.
func (p *player) expand(text string) string {
	p.t.Helper()
	return word.ReplaceAllStringFunc(text, func(s string) string {
		m := word.FindStringSubmatch(s)
		name, tail := m[1], m[2]
		a := p.actors[name]
		switch {
		case a != nil && strings.HasPrefix(tail, "/"):
			return base64.StdEncoding.EncodeToString(p.key(name + tail).public)
		case tail == ".salt":
			return base64.StdEncoding.EncodeToString(p.actor(name).salt)
		case name == "now":
			return p.later(p.now, tail)
		case p.vars[name] != "" && strings.HasPrefix(tail, "/"):
			return p.vars[name] + tail
		case p.vars[name] != "" && tail != "":
			return p.later(p.time(p.vars[name]), tail)
		case p.vars[name] != "":
			return p.vars[name]
		case a != nil:
			return a.id + tail
		}
		p.fatalf("nothing is called $%s", name)
		return ""
	})
}

func (p *player) later(t time.Time, tail string) string {
	p.t.Helper()
	if tail != "" {
		d, err := time.ParseDuration(tail)
		if err != nil {
			p.fatalf("%v", err)
		}
		t = t.Add(d)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (p *player) time(text string) time.Time {
	p.t.Helper()
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		p.fatalf("%v", err)
	}
	return t
}

func (p *player) bytes(text string) []byte {
	p.t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		p.fatalf("%v", err)
	}
	return b
}

// unmarshal adds the fields that YAML gives to a message.
func (p *player) unmarshal(text string, m proto.Message) {
	p.t.Helper()
	j, err := yaml.YAMLToJSON([]byte(p.expand(text)))
	if err != nil {
		p.fatalf("%v", err)
	}
	fresh := m.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal(j, fresh); err != nil {
		p.fatalf("%v", err)
	}
	proto.Merge(m, fresh)
}

var stated = regexp.MustCompile(`^([a-z][a-z0-9]*) by ([a-z0-9]+)(/[a-z0-9-]+)?( \(([^)]*)\))? (\{.*\})$`)

// statement makes $name a CarriedStatement.
func (p *player) statement(text string) {
	p.t.Helper()
	p.start()
	m := stated.FindStringSubmatch(text)
	if m == nil {
		p.fatalf("statement NAME by ACTOR (options) {...}")
	}
	o, err := parseOptions(m[5])
	if err != nil {
		p.fatalf("%v", err)
	}
	var s pb.Statement
	p.unmarshal(m[6], &s)
	b := append(fact.Encode(&s), o.extra...)
	if o.slack {
		// The subject stands at the end instead of the beginning.
		n := 2 + len(s.Subject)
		b = slices.Concat(b[n:], b[:n])
	}
	b = append(b, make([]byte, o.padTo)...)
	chain, who, with := chainID, p.actor(m[2]), m[3]
	if o.chain != "" {
		chain = o.chain
	}
	if with == "" {
		with = "/main"
	}
	out := &pb.CarriedStatement{Attester: who.id, Statement: b}
	if !o.unsigned {
		out.Signature = p.key(who.name+with).sign(fact.Message(chain, b), o.forgery)
	}
	if o.as != "" {
		out.Attester = p.actor(o.as).id
	}
	j, err := protojson.Marshal(out)
	if err != nil {
		p.fatalf("%v", err)
	}
	p.vars[m[1]] = string(j)
}
