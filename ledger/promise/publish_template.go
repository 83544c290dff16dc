package promise

import (
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkPublishTemplate, applyPublishTemplate)

// checkPublishTemplate leaves the template's contents to apply: compiling it is
// work, and whoever causes it must have signed first.
func checkPublishTemplate(m *pb.PublishTemplateRequest) error {
	t := m.Template
	switch {
	case t == nil:
		return op.Errorf(pb.Code_INVALID, "there is no template")
	case t.Id != "" || t.Publisher != "" || t.Published != nil:
		return op.Errorf(pb.Code_INVALID, "id, publisher and published are the ledger's to set; leave them out")
	case t.Version == 0:
		return op.Errorf(pb.Code_INVALID, "the version is 0; the first is 1")
	}
	return nil
}

// applyPublishTemplate writes a template for good. Errors: EXISTS, INVALID for a
// version out of turn, BAD_TEMPLATE, TOO_COSTLY, EXAMPLE_FAILED.
func applyPublishTemplate(c *op.Context, m *pb.PublishTemplateRequest) (*pb.PublishTemplateResponse, error) {
	t := m.Template.CloneVT()
	publisher := c.Signer
	if h := party.HandleOf(c.State, c.Signer); h != "" {
		publisher = h
	}
	t.Id = templateID(t.Name, publisher, t.Version)
	if Templates.Has(c.State, state.Key(t.Id)) {
		return nil, op.Errorf(pb.Code_EXISTS, "%s is published, and a template never changes; publish version %d", t.Id, t.Version+1)
	}
	if before := templateID(t.Name, publisher, t.Version-1); t.Version > 1 && !Templates.Has(c.State, state.Key(before)) {
		return nil, op.Errorf(pb.Code_INVALID, "version %d comes after version %d, which is not published", t.Version, t.Version-1)
	}
	k, problems := contract.Admit(t)
	if err := fault(problems); err != nil {
		return nil, err
	}
	t.Publisher, t.Published = c.Signer, c.Time()
	Templates.Put(c.State, state.Key(t.Id), t)
	remember(c.State, t, k)
	return &pb.PublishTemplateResponse{Template: t.Id}, nil
}

// fault is the first error among problems, nil where all are warnings.
func fault(problems []contract.Problem) error {
	for _, p := range problems {
		switch {
		case p.Severity != contract.Error:
		case p.Path == "":
			return op.Errorf(p.Code, "%s", p.Msg)
		case p.Line > 0:
			return op.Errorf(p.Code, "%s, line %d, column %d: %s", p.Path, p.Line, p.Col, p.Msg)
		default:
			return op.Errorf(p.Code, "%s: %s", p.Path, p.Msg)
		}
	}
	return nil
}

func templateID(name, publisher string, version uint32) string {
	return fmt.Sprintf("%s@%s/%d", name, publisher, version)
}
