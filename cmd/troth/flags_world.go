package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/ledger/op"
)

// world answers, from a node and the file system, what a request's text leaves
// open.
type world struct {
	*session
	secrets *secrets
	party   string // who signs; empty where nobody does
}

var _ reflag.World = (*world)(nil)

// Party implements reflag.World.
func (w *world) Party(ctx context.Context, name string) (string, error) {
	id, err := w.dir.Party(ctx, name)
	return id, w.explain(err)
}

// Amount implements reflag.World.
func (w *world) Amount(ctx context.Context, text string) (*pb.Amount, error) {
	a, err := w.dir.Amount(ctx, text)
	return a, w.explain(err)
}

// Now implements reflag.World.
func (w *world) Now() time.Time { return time.Now() }

// Key implements reflag.World. A key in a request is somebody's to be: its role
// is the owner's until something else is said.
func (w *world) Key(path string) (*pb.Key, error) {
	k, err := w.secrets.load(path)
	if err != nil {
		return nil, w.explain(err)
	}
	out := client.OwnerKey(k)
	out.Label = k.Label
	return out, nil
}

// Types implements reflag.World.
func (w *world) Types(ctx context.Context, about op.Message) (map[string]pb.ValueType, error) {
	switch m := about.(type) {
	case *pb.OfferRequest:
		t, err := w.template(ctx, m.Template)
		return termTypes(t), err
	case *pb.RevealRequest:
		t, err := w.templateOf(ctx, m.Promise)
		return termTypes(t), err
	case *pb.Statement:
		if m.Promise == "" {
			return nil, nil
		}
		t, err := w.templateOf(ctx, m.Promise)
		return fieldTypes(t, m.Kind), err
	}
	return nil, nil
}

func termTypes(t *pb.Template) map[string]pb.ValueType {
	out := map[string]pb.ValueType{}
	for _, d := range t.GetTerms() {
		if !d.Sealed {
			out[d.Name] = d.Type
		} else {
			out[d.Name] = pb.ValueType_NO_VALUE_TYPE // a commitment, or what it hides
		}
	}
	return out
}

func fieldTypes(t *pb.Template, kind string) map[string]pb.ValueType {
	out := map[string]pb.ValueType{}
	for _, f := range t.GetFacts() {
		if f.Kind == kind {
			for _, d := range f.Fields {
				out[d.Name] = d.Type
			}
		}
	}
	return out
}

// template reads a template; one that isn't there is for the ledger to refuse.
func (w *world) template(ctx context.Context, id string) (*pb.Template, error) {
	if id == "" {
		return nil, nil
	}
	res, err := w.api.GetTemplate(ctx, connect.NewRequest(&pb.GetRequest{Id: id}))
	if err != nil {
		return nil, w.explain(err)
	}
	return res.Msg.Template, nil
}

func (w *world) templateOf(ctx context.Context, promise string) (*pb.Template, error) {
	res, err := w.api.GetPromise(ctx, connect.NewRequest(&pb.GetRequest{Id: promise}))
	if err != nil {
		return nil, w.explain(err)
	}
	return w.template(ctx, res.Msg.Promise.Template)
}

// Template implements reflag.World. A template without a version gets the one
// after the newest that its publisher has.
func (w *world) Template(ctx context.Context, path string) (*pb.Template, error) {
	src, err := readFile(w.cmd, path, promisefile.BytesMax)
	if err != nil {
		return nil, err
	}
	_, f, faults := promisefile.Load(path, src)
	if report(w.cmd.ErrOrStderr(), faults) || f == nil {
		return nil, errSilent
	}
	t := f.Template
	if t.Version == 0 {
		t.Version, err = w.nextVersion(ctx, t.Name)
	}
	return t, err
}

func (w *world) nextVersion(ctx context.Context, name string) (uint32, error) {
	if w.party == "" {
		return 1, nil
	}
	publisher := w.dir.Name(ctx, w.party)
	if publisher[0] == '@' {
		publisher = publisher[1:]
	}
	res, err := w.api.GetTemplate(ctx, connect.NewRequest(&pb.GetRequest{Id: name + "@" + publisher}))
	switch {
	case client.CodeOf(err) == pb.Code_NOT_FOUND:
		return 1, nil
	case err != nil:
		return 0, w.explain(err)
	}
	return res.Msg.Template.Version + 1, nil
}

// decode reads a tree into a request.
func (w *world) decode(ctx context.Context, t *reflag.Tree, m op.Message) error {
	d := &reflag.Decoder{World: w}
	err := d.Decode(ctx, t, m)
	if err != nil && errors.Is(err, errSilent) {
		return errSilent
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSuffix(reflag.Kebab(string(m.ProtoReflect().Descriptor().Name())), "-request"), err)
	}
	return nil
}
