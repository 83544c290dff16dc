package api

import (
	"encoding/base64"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const (
	// pageDefault and pageMax bound a list's page in rows.
	pageDefault = 50
	pageMax     = 500
	// pageBytes bounds it in bytes, proofs included. A row that is larger comes
	// alone.
	pageBytes = 1 << 20
	// scanMax bounds how many rows one list call looks at: a filter that matches
	// little gives short pages, not long waits.
	scanMax = 10_000
)

// page is one part of a list, while it is filled.
type page[V any, P message[V]] struct {
	rows   []P
	next   string // the token for the rest; empty at the end
	read   *pb.Read
	proofs []*pb.RowProof
	prove  bool
	size   int
	place  string // where it begins
	bytes  int
}

// listed fills a page from the last height, and adds the proof where asked for.
func listed[V any, P message[V]](ctx ctxt, s *Server, pg *pb.Page, o *pb.ReadOptions, fill func(*state.View, *page[V, P]) error) (*page[V, P], error) {
	p := &page[V, P]{prove: o.GetProve()}
	if err := p.open(pg); err != nil {
		return p, err
	}
	v := s.node.View()
	p.read = &pb.Read{Height: v.Height()}
	err := fill(v, p)
	v.Release()
	if err != nil || !p.prove {
		return p, err
	}
	p.read.Proof, err = s.node.Bundle(ctx, p.read.Height)
	if err == nil {
		p.read.Proof.Rows = p.proofs
	}
	return p, err
}

// open checks the page's size and opens its token.
func (p *page[V, P]) open(pg *pb.Page) error {
	if p.size = int(pg.GetSize()); p.size == 0 {
		p.size = pageDefault
	}
	if p.size > pageMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a page has at most %d entries, not %d", pageMax, p.size)
	}
	b, err := base64.RawURLEncoding.DecodeString(pg.GetToken())
	if err != nil || len(b) > 1024 {
		return badToken()
	}
	p.place = string(b)
	return nil
}

// walk adds the rows at a place of an index, or all its rows where the place is
// empty.
func walk[V any, P message[V]](v *state.View, p *page[V, P], ix state.Index[V, P], place string, keep func(P) bool) error {
	if err := checkID(place); err != nil {
		return err
	}
	prefix := place
	if place != "" {
		prefix += "\x00"
	}
	seen := 0
	for at, k := range ix.Keys(v, prefix, p.place) {
		if seen++; seen > scanMax {
			p.end(at)
			break
		}
		rec, ok := ix.Row(v, k)
		if !ok || keep != nil && !keep(rec) {
			continue
		}
		more, err := p.add(at, rec, func() (*state.Proof, error) { return ix.Prove(v, k) })
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// add adds a row with its proof. It returns false where the page is full: then
// the next begins with this row.
func (p *page[V, P]) add(at string, rec P, prove func() (*state.Proof, error)) (bool, error) {
	if len(p.rows) == p.size {
		return p.end(at), nil
	}
	var row *pb.RowProof
	n := rec.SizeVT()
	if p.prove {
		var err error
		if row, err = rowProof(prove()); err != nil {
			return false, err
		}
		n += row.SizeVT()
	}
	if !p.fits(n) {
		return p.end(at), nil
	}
	p.rows = append(p.rows, rec)
	if row != nil {
		p.proofs = append(p.proofs, row)
	}
	return true, nil
}

// fits takes room for a row of n bytes, where there is some.
func (p *page[V, P]) fits(n int) bool {
	if len(p.rows) > 0 && p.bytes+n > pageBytes {
		return false
	}
	p.bytes += n
	return true
}

// end says where the next page begins.
func (p *page[V, P]) end(at string) bool {
	p.next = base64.RawURLEncoding.EncodeToString([]byte(at))
	return false
}

func badToken() error {
	return op.Errorf(pb.Code_INVALID, "the page token is not one that a list gave")
}
