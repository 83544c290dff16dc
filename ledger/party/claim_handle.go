package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// A handle has handleMin to handleMax characters.
const handleMin, handleMax = 3, 32

var _ = op.Register(checkClaimHandle, applyClaimHandle)

func checkClaimHandle(m *pb.ClaimHandleRequest) error { return checkHandle(m.Name) }

func checkHandle(s string) error {
	ok := len(s) >= handleMin && len(s) <= handleMax && s[0] >= 'a' && s[0] <= 'z'
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '-'
	}
	if !ok {
		return op.Errorf(pb.Code_INVALID, "%.40q is no handle: %d to %d of a-z, 0-9 and -, starting with a letter, without the @", s, handleMin, handleMax)
	}
	return nil
}

// applyClaimHandle gives the signer a handle for good. Errors: WRONG_STATE for a
// person or device, EXISTS for a second handle, HANDLE_TAKEN.
func applyClaimHandle(c *op.Context, m *pb.ClaimHandleRequest) (*pb.ClaimHandleResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	switch {
	case !named(p.Kind):
		return nil, noHandles(p)
	case p.Handle != "":
		return nil, op.Errorf(pb.Code_EXISTS, "%s has the handle @%s; it keeps that one", p.Id, p.Handle)
	}
	if h, ok := Handles.Peek(c.State, state.Key(m.Name)); ok {
		return nil, op.Errorf(pb.Code_HANDLE_TAKEN, "@%s belongs to %s", m.Name, h.Party)
	}
	p.Handle = m.Name
	put(c, p)
	Handles.Put(c.State, state.Key(m.Name), &pb.Handle{Name: m.Name, Party: p.Id})
	return &pb.ClaimHandleResponse{}, nil
}

func noHandles(p *pb.Party) error {
	return op.Errorf(pb.Code_WRONG_STATE, "only companies and programmes have handles; %s is a %s", p.Id, p.Kind)
}
