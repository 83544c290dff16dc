package ledger_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// mirror keeps every record as the change stream tells it, which is all that
// views and watchers ever see.
func (p *player) mirror(changes []state.Change) {
	for _, ch := range changes {
		rows := p.records[ch.Table()]
		if rows == nil {
			rows = map[string]proto.Message{}
			p.records[ch.Table()] = rows
		}
		if ch.After() == nil {
			delete(rows, readable(ch.Key()))
		} else {
			rows[readable(ch.Key())] = clone(ch.After())
		}
	}
}

// readable writes a key's parts with slashes, a number at the end in decimal.
func readable(k state.Key) string {
	s := string(k)
	if i := len(s) - 9; i > 0 && s[i] == 0 && s[i+1] == 0 {
		return state.Key(s[:i]).String() + "/" + strconv.FormatUint(binary.BigEndian.Uint64([]byte(s[i+1:])), 10)
	}
	return k.String()
}

// expect checks what is so.
func (p *player) expect(text string) {
	p.t.Helper()
	words := strings.Fields(p.expand(text))
	switch words[0] {
	case "holding":
		p.expectHolding(words[1:])
	case "settled":
		p.expectSettled(words[1:])
	case "paid":
		p.expectPaid(words[1:])
	case "no":
		if rec := p.record(words[1], words[2]); rec != nil {
			p.fatalf("there is a record %s %s: %v", words[1], words[2], rec)
		}
	default:
		if len(words) < 4 {
			p.fatalf("expect TABLE KEY PATH VALUE")
		}
		rec := p.record(words[0], words[1])
		if rec == nil {
			p.fatalf("there is no record %s %s", words[0], words[1])
		}
		if got, want := p.field(rec, words[2]), unquote(strings.Join(words[3:], " ")); got != want {
			p.fatalf("%s of %s %s is %q, not %q", words[2], words[0], words[1], got, want)
		}
	}
}

func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}

func (p *player) record(table, key string) proto.Message {
	if a := p.actors[key]; a != nil {
		key = a.id
	}
	return p.records[table][key]
}

// expectHolding: who, asset, then `available N`, `held N`, `frozen`, `thawed`.
func (p *player) expectHolding(words []string) {
	p.t.Helper()
	h, ok := p.records["holdings"][p.actor(words[0]).id+"/"+words[1]].(*pb.Holding)
	if !ok {
		h = &pb.Holding{}
	}
	got := fmt.Sprintf("available %d held %d", h.Available, h.Held)
	if h.Frozen {
		got += " frozen"
	}
	if want := strings.Join(words[2:], " "); got != want {
		p.fatalf("%s has of %s: %s, not %s", words[0], words[1], got, want)
	}
}

// expectSettled: a promise, its outcome, and the rule of its last settlement.
func (p *player) expectSettled(words []string) {
	p.t.Helper()
	var last *pb.Settlement
	for _, s := range p.settlements(words[0]) {
		if last == nil || s.Seq > last.Seq {
			last = s
		}
	}
	if last == nil {
		p.fatalf("promise %s has no settlement", words[0])
	}
	if got, want := last.Outcome.String()+" "+last.Rule, strings.Join(words[1:], " "); strings.TrimSpace(got) != want {
		p.fatalf("promise %s settled as %s, not %s", words[0], got, want)
	}
}

// expectPaid: a promise, a party or role, units and asset, over all its
// settlements.
func (p *player) expectPaid(words []string) {
	p.t.Helper()
	to, units := words[1], int64(0)
	if a := p.actors[to]; a != nil {
		to = a.id
	}
	for _, s := range p.settlements(words[0]) {
		for _, leg := range s.Payouts {
			if (leg.To == to || leg.Role == to) && leg.Asset == words[3] {
				units += leg.Units
			}
		}
	}
	if got := strconv.FormatInt(units, 10); got != words[2] {
		p.fatalf("promise %s paid %s %s of %s, not %s", words[0], words[1], got, words[3], words[2])
	}
}

func (p *player) settlements(promise string) (out []*pb.Settlement) {
	for _, rec := range p.records["settlements"] {
		if s := rec.(*pb.Settlement); s.Promise == promise {
			out = append(out, s)
		}
	}
	return out
}

// field reads a path such as `statement.values.0.value.int` or `keys.size`.
func (p *player) field(m proto.Message, path string) string {
	p.t.Helper()
	v := protoreflect.ValueOfMessage(m.ProtoReflect())
	var fd protoreflect.FieldDescriptor
	for _, part := range strings.Split(path, ".") {
		switch x := v.Interface().(type) {
		case protoreflect.Message:
			fd = x.Descriptor().Fields().ByName(protoreflect.Name(part))
			if fd == nil {
				p.fatalf("%s has no field %s", x.Descriptor().Name(), part)
			}
			v = x.Get(fd)
		case protoreflect.List:
			if part == "size" {
				return strconv.Itoa(x.Len())
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= x.Len() {
				p.fatalf("%s has %d entries: no %s", path, x.Len(), part)
			}
			v = x.Get(i)
		default:
			p.fatalf("%s goes too deep", path)
		}
	}
	return show(fd, v)
}

func show(fd protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch x := v.Interface().(type) {
	case protoreflect.EnumNumber:
		if d := fd.Enum().Values().ByNumber(x); d != nil {
			return string(d.Name())
		}
	case protoreflect.List:
		if x.Len() == 1 {
			return show(fd, x.Get(0))
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(x)
	case protoreflect.Message:
		if !x.IsValid() {
			return ""
		}
		switch m := x.Interface().(type) {
		case *timestamppb.Timestamp:
			return m.AsTime().Format(time.RFC3339Nano)
		case *durationpb.Duration:
			return m.AsDuration().String()
		}
	}
	return v.String()
}
