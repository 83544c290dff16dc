package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

// event is a CloudEvent, version 1.0, in JSON.
type event struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject,omitempty"`
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        any       `json:"data"`
}

// change is the data of an event about a row.
type change struct {
	Table  string          `json:"table"`
	ID     string          `json:"id"`
	Height int64           `json:"height"`
	About  []string        `json:"about"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// gap is the data of an event that says what can't be told any more.
type gap struct {
	From int64 `json:"from_height"`
	To   int64 `json:"to_height"`
}

const typePrefix = "io.troth."

// maker makes one node's events.
type maker struct{ chain, source string }

func (m maker) event(kind, subject string, at time.Time, data any, id ...string) event {
	return event{SpecVersion: "1.0", ID: m.chain + "/" + strings.Join(id, "/"), Source: m.source,
		Type: typePrefix + kind, Subject: subject, Time: at.UTC(), ContentType: "application/json", Data: data}
}

// row makes the event of a row that changed. Its id is the same on every node
// and in every run.
func (m maker) row(b *node.JournalBlock, c *node.JournalChange) (event, error) {
	before, err := decode(c.Type, c.Before)
	if err != nil {
		return event{}, err
	}
	after, err := decode(c.Type, c.After)
	if err != nil {
		return event{}, err
	}
	d := change{Table: c.Table, ID: c.ID, Height: b.Height, About: c.About}
	if d.Before, err = asJSON(before); err != nil {
		return event{}, err
	}
	if d.After, err = asJSON(after); err != nil {
		return event{}, err
	}
	return m.event(noun(c.Table)+"."+verb(before, after), c.ID, b.Time, d, fmt.Sprint(b.Height), c.Table, c.ID), nil
}

// gap makes the event that tells a receiver to read the past for itself.
func (m maker) gap(from, to int64, at time.Time) event {
	return m.event("gap", "", at, gap{from, to}, "gap", fmt.Sprintf("%d-%d", from, to))
}

// webhookID is an event's id in the Standard Webhooks header, which may have no
// full stop in it.
func webhookID(e *event) string { return op.MakeID("evt", []byte(e.ID)) }

func decode(name string, b []byte) (proto.Message, error) {
	if len(b) == 0 {
		return nil, nil
	}
	t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("webhook: the journal has a %q: %w", name, err)
	}
	m := t.New().Interface()
	return m, proto.Unmarshal(b, m)
}

func asJSON(m proto.Message) (json.RawMessage, error) {
	if m == nil {
		return json.RawMessage("null"), nil
	}
	return protojson.Marshal(m)
}

// verb says what happened to a row: the state it came into, where its records
// have one; else whether it was created, changed or removed.
func verb(before, after proto.Message) string {
	switch was, is := stateOf(before), stateOf(after); {
	case after == nil:
		return "removed"
	case is != "" && is != was:
		return is
	case before == nil:
		return "created"
	}
	return "changed"
}

func stateOf(m proto.Message) string {
	if m == nil {
		return ""
	}
	r := m.ProtoReflect()
	f := r.Descriptor().Fields().ByName("state")
	if f == nil || f.Kind() != protoreflect.EnumKind || f.IsList() {
		return ""
	}
	if v := f.Enum().Values().ByNumber(r.Get(f).Enum()); v != nil {
		return strings.ToLower(string(v.Name()))
	}
	return ""
}

// noun is a table's name in the singular.
func noun(table string) string {
	if s, ok := strings.CutSuffix(table, "ies"); ok {
		return s + "y"
	}
	if s, ok := strings.CutSuffix(table, "sses"); ok {
		return s + "ss"
	}
	return strings.TrimSuffix(table, "s")
}
