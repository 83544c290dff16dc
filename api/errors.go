package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/schema"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

// recovered reports a panic as what it is, a fault of this node.
func (s *Server) recovered(ctx context.Context, spec connect.Spec, _ http.Header, what any) error {
	return s.toConnect(ctx, spec.Procedure, fmt.Errorf("panic: %v\n%s", what, debug.Stack()))
}

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
	visitOf(ctx).code = code
	as, ok := schema.Connect(code)
	if !ok {
		as = connect.CodeInternal
	}
	out := connect.NewError(as, errors.New(msg))
	detail, derr := connect.NewErrorDetail(&pb.ErrorDetail{Code: code, Message: msg, RequestId: requestID(ctx)})
	if derr == nil {
		out.AddDetail(detail)
	}
	if wait := comeAgain(err); wait > 0 {
		out.Meta().Set(retryAfter, strconv.Itoa(node.WaitSeconds(wait)))
		if d, err := connect.NewErrorDetail(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			out.AddDetail(d)
		}
	}
	return out
}

// retryAfter is the header that says, in seconds, when to come again.
const retryAfter = "Retry-After"

// comeAgain is how long a caller should wait before it tries again; 0 where that
// would be of no use.
func comeAgain(err error) time.Duration {
	var l *limited
	switch {
	case errors.As(err, &l):
		return l.after
	case op.CodeOf(err) == pb.Code_BUSY:
		return time.Second
	}
	return 0
}
