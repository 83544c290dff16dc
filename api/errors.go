package api

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/schema"
	"github.com/troth-ledger/troth/ledger/op"
)

// hidden is what a caller learns of a fault of the node.
const hidden = "a fault of this node; its log has more under the request id"

// toConnect gives an error its code and detail. What is not numbered is a fault
// of the node: it is logged, and the caller is told no more than its id.
func (s *Server) toConnect(ctx context.Context, procedure string, err error) error {
	var already *connect.Error
	if errors.As(err, &already) {
		return err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, errors.New("the caller went away"))
	case errors.Is(err, context.DeadlineExceeded):
		err = op.Errorf(pb.Code_TIMED_OUT, "no answer in the time given")
	}
	code, msg := op.CodeOf(err), err.Error()
	if code == pb.Code_INTERNAL {
		s.log.Error("request failed", "procedure", procedure, "request_id", requestID(ctx), "error", err)
		msg = hidden
	}
	as, ok := schema.Connect(code)
	if !ok {
		as = connect.CodeInternal
	}
	out := connect.NewError(as, errors.New(msg))
	detail, derr := connect.NewErrorDetail(&pb.ErrorDetail{Code: code, Message: msg, RequestId: requestID(ctx)})
	if derr == nil {
		out.AddDetail(detail)
	}
	return out
}
