package proof

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// List is what a bundle about a page of a list proves.
type List struct {
	Seal
	// Records are the rows, in the node's order.
	Records []op.Message
	// Total is how many rows the whole list has, where that is proven, as for
	// settlements; -1 where it isn't, and rows may have been left out.
	Total int
}

// Meaning says in words what is proven of rows of which shown were proven so
// far, on this page and those before, and what isn't.
func (l *List) Meaning(shown int) string {
	what := "that none is left out, nor that any is true"
	if l.Total == shown {
		what = "that any is true"
	}
	out := fmt.Sprintf("%d rows are recorded as shown %s. Proven: each is recorded and unaltered, by whom and when", shown, &l.Seal)
	if l.Total == shown {
		out += ", and there are no others"
	}
	return out + ". Not proven: " + what + "."
}

// VerifyList checks the bundle that came with the answer to a list request, such
// as a *pb.ListFactsRequest, against what is trusted beforehand: each row is in
// the state, once, and is one that was asked for. A filter that names a party
// must have its id, for a handle proves nothing.
//
// That no row is left out can't be seen, but for settlements: these have numbers
// without gaps, and their promise says how many there are.
func VerifyList(b *pb.ProofBundle, req op.Message, t *Trust) (*List, error) {
	h, vals, err := open(b)
	if err != nil {
		return nil, err
	}
	if len(b.Key)+len(b.Value)+len(b.Proof) > 0 {
		return nil, fmt.Errorf("%w: it is of one record, not of a list", ErrOtherRecord)
	}
	if err := checkHeader(h, vals, t); err != nil {
		return nil, err
	}
	l := &List{Seal: sealOf(h, vals), Total: -1}
	seen := make(map[string]bool, len(b.Rows))
	for _, row := range b.Rows {
		if len(row.GetValue()) == 0 || seen[string(row.Key)] {
			return nil, fmt.Errorf("%w: a row is absent, or there twice", ErrMalformed)
		}
		seen[string(row.Key)] = true
		if err := checkValue(row, h.AppHash); err != nil {
			return nil, err
		}
		record, err := decode(row.Key, row.Value)
		if err != nil {
			return nil, err
		}
		l.Records = append(l.Records, record)
	}
	if r, ok := req.(*pb.ListSettlementsRequest); ok {
		return l, l.settlements(r, b.Rows)
	}
	for i, record := range l.Records {
		if !asked(req, record) {
			return nil, fmt.Errorf("%w: row %d is not one that was asked for", ErrOtherRecord, i+1)
		}
	}
	return l, nil
}

// settlements checks that the rows are the promise and then its settlements,
// without a gap, and takes the promise out.
func (l *List) settlements(r *pb.ListSettlementsRequest, rows []*pb.RowProof) error {
	if len(rows) == 0 || !bytes.Equal(rows[0].Key, Promise(r.Promise).bytes) {
		return fmt.Errorf("%w: the first row is not the promise %s", ErrOtherRecord, r.Promise)
	}
	l.Total = int(l.Records[0].(*pb.Promise).Settlements)
	l.Records = l.Records[1:]
	for i, record := range l.Records {
		first := l.Records[0].(*pb.Settlement)
		s, ok := record.(*pb.Settlement)
		if !ok || s.Promise != r.Promise || int(s.Seq) != int(first.Seq)+i {
			return fmt.Errorf("%w: row %d is not the settlement that follows", ErrOtherRecord, i+2)
		}
	}
	return nil
}

// asked says whether a record passes a request's filters.
func asked(req, record op.Message) bool {
	is := func(filter, value string) bool { return filter == "" || filter == value }
	switch r := req.(type) {
	case *pb.ListPartiesRequest:
		x, ok := record.(*pb.Party)
		return ok && (r.Kind == 0 || r.Kind == x.Kind) && is(r.Owner, x.Owner)
	case *pb.ListAssetsRequest:
		x, ok := record.(*pb.Asset)
		return ok && is(r.Issuer, x.Issuer)
	case *pb.ListHoldingsRequest:
		x, ok := record.(*pb.Holding)
		return ok && is(r.Party, x.Party)
	case *pb.ListFactsRequest:
		x, ok := record.(*pb.Fact)
		return ok && is(r.Subject, x.Statement.GetSubject())
	case *pb.ListTemplatesRequest:
		x, ok := record.(*pb.Template)
		return ok && is(r.Publisher, x.Publisher)
	case *pb.ListPromisesRequest:
		x, ok := record.(*pb.Promise)
		return ok && is(r.Template, x.Template) && (r.State == 0 || r.State == x.State) &&
			(r.Subject == "" || slices.Contains(x.Subjects, r.Subject)) &&
			(r.Party == "" || slices.ContainsFunc(x.Roles, func(b *pb.RoleBinding) bool { return slices.Contains(b.Parties, r.Party) }))
	case *pb.ListMembersRequest:
		_, ok := record.(*pb.Member)
		return ok
	case *pb.ListProposalsRequest:
		x, ok := record.(*pb.Proposal)
		return ok && (r.State == 0 || r.State == x.State)
	case *pb.ListMisbehaviourRequest:
		x, ok := record.(*pb.Misbehaviour)
		return ok && is(r.Party, x.Party)
	}
	return false
}
