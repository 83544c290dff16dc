package ledger_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// parseTemplate reads a template that a company wrote in YAML. Whoever has a
// parser sets it, from the init function of another test file.
var parseTemplate func(name string, b []byte) (*pb.Template, error)

// transaction builds what an actor sends.
func (p *player) transaction(st step) {
	p.t.Helper()
	p.start()
	m := sentence.FindStringSubmatch(st.text)
	if m == nil {
		p.fatalf("%q is no sentence of a story", st.text)
	}
	o, err := parseOptions(m[5])
	if err != nil {
		p.fatalf("%v", err)
	}
	who := p.actor(m[1])
	keys := []string{who.name + "/main"}
	if m[3] != "" {
		keys = nil
		for _, k := range strings.Split(m[3], ",") {
			keys = append(keys, keyName(who, strings.TrimSpace(k)))
		}
	}
	lines := st.sub
	if text := strings.TrimSpace(m[6]); text != "" {
		lines = append([]string{text}, lines...)
	}
	tx := pending{line: st.line}
	var ops []*pb.Operation
	for i, line := range lines {
		if line[0] < 'A' || line[0] > 'Z' {
			tx.want = lines[i:]
			break
		}
		row, req := p.operation(line)
		ops = append(ops, &pb.Operation{Code: row.Code, Request: state.Encode(req)})
		tx.rows = append(tx.rows, row)
	}
	tx.raw = p.signTx(who, keys, o, ops)
	p.pending = append(p.pending, tx)
}

// operation reads `Name {request}`, or `PublishTemplate file NAME`.
func (p *player) operation(text string) (*op.Row, op.Message) {
	p.t.Helper()
	name, rest, _ := strings.Cut(text, " ")
	for _, row := range op.Rows() {
		if row.Name != name {
			continue
		}
		req := row.NewRequest()
		if file, ok := strings.CutPrefix(rest, "file "); ok {
			t := p.template(strings.TrimSpace(file))
			req.ProtoReflect().Set(req.ProtoReflect().Descriptor().Fields().ByName("template"), protoreflect.ValueOfMessage(t.ProtoReflect()))
		} else if rest != "" {
			p.unmarshal(rest, req)
		}
		return row, req
	}
	p.fatalf("no operation with a handler is called %s", name)
	return nil, nil
}

// template reads a section of the story, or else a file of the library of
// templates: prototext, JSON, or YAML.
func (p *player) template(name string) *pb.Template {
	p.t.Helper()
	b, ok := p.story.files[name]
	if !ok {
		var err error
		if b, err = os.ReadFile(filepath.Join("..", "templates", name)); err != nil {
			p.fatalf("the story has no section %s, and %v", name, err)
		}
	}
	t, err := &pb.Template{}, error(nil)
	switch filepath.Ext(name) {
	case ".textproto":
		err = prototext.Unmarshal(b, t)
	case ".json":
		err = protojson.Unmarshal(b, t)
	default:
		if parseTemplate == nil {
			p.fatalf("nobody has set parseTemplate, which reads %s", name)
		}
		t, err = parseTemplate(name, b)
	}
	if err != nil {
		p.fatalf("%s: %v", name, err)
	}
	return t
}

// check compares a result with what was expected: `ok` where nothing was.
func (p *player) check(tx pending, r *pb.TxResult) {
	p.t.Helper()
	got := pb.Code(r.Code)
	refusal := ""
	for _, line := range tx.want {
		if s, ok := strings.CutPrefix(line, "refused "); ok {
			refusal = s
		}
	}
	if refusal == "" && got != pb.Code_OK {
		p.fatalf("refused %s in operation %d: %s", got, r.FailedOp, r.Message)
	}
	for _, line := range tx.want {
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "ok":
		case "refused":
			p.checkRefusal(rest, r)
		case "gives":
			p.checkResponse(tx, rest, r)
		default:
			p.fatalf("%q is no result", line)
		}
	}
}

// checkRefusal compares `CODE in operation 2: part of the message`.
func (p *player) checkRefusal(want string, r *pb.TxResult) {
	p.t.Helper()
	head, message, _ := strings.Cut(want, ": ")
	code, in, _ := strings.Cut(head, " ")
	if got := pb.Code(r.Code).String(); got != code {
		p.fatalf("%s (%s), not refused %s", got, r.Message, code)
	}
	if n, ok := strings.CutPrefix(in, "in operation "); ok && n != strconv.Itoa(int(r.FailedOp)) {
		p.fatalf("refused in operation %d, not %s", r.FailedOp, n)
	}
	if !strings.Contains(r.Message, p.expand(message)) {
		p.fatalf("refused with %q, which lacks %q", r.Message, p.expand(message))
	}
}

// checkResponse keeps or compares a field: `[N] field as name`, `[N] field value`.
func (p *player) checkResponse(tx pending, want string, r *pb.TxResult) {
	p.t.Helper()
	words := strings.SplitN(want, " ", 2)
	n, err := strconv.Atoi(words[0])
	if err == nil {
		words = strings.SplitN(words[1], " ", 2)
	} else {
		n = 1
	}
	if len(words) != 2 || n > len(r.Responses) {
		p.fatalf("gives [N] FIELD as NAME, or gives [N] FIELD VALUE")
	}
	res := tx.rows[n-1].NewResponse()
	if err := res.UnmarshalVT(r.Responses[n-1]); err != nil {
		p.fatalf("%v", err)
	}
	if names, ok := strings.CutPrefix(words[1], "as "); ok {
		for i, name := range strings.Split(names, ",") {
			path := words[0]
			if strings.Contains(names, ",") {
				path += "." + strconv.Itoa(i)
			}
			p.vars[strings.TrimSpace(name)] = p.field(res, path)
		}
		return
	}
	if got, value := p.field(res, words[0]), unquote(p.expand(words[1])); got != value {
		p.fatalf("gives %s %s, not %s", words[0], got, value)
	}
}

func clone(r state.Record) proto.Message { return proto.Clone(r.(proto.Message)) }
