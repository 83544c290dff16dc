package api

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// httpStatus is the status that the schema gives an error code.
func httpStatus(c pb.Code) int {
	v := c.Descriptor().Values().ByNumber(protoreflect.EnumNumber(c))
	if v == nil {
		return http.StatusInternalServerError
	}
	f, _ := proto.GetExtension(v.Options(), pb.E_Fault).(*pb.Fault)
	if f.GetHttp() == 0 {
		return http.StatusInternalServerError
	}
	return int(f.Http)
}

// connectCodes turns an HTTP status of the error table into a gRPC code.
var connectCodes = map[int]connect.Code{
	http.StatusBadRequest:            connect.CodeInvalidArgument,
	http.StatusUnauthorized:          connect.CodeUnauthenticated,
	http.StatusForbidden:             connect.CodePermissionDenied,
	http.StatusNotFound:              connect.CodeNotFound,
	http.StatusConflict:              connect.CodeFailedPrecondition,
	http.StatusRequestEntityTooLarge: connect.CodeOutOfRange, // not ResourceExhausted: trying again won't help
	http.StatusTooManyRequests:       connect.CodeResourceExhausted,
	http.StatusServiceUnavailable:    connect.CodeUnavailable,
	http.StatusGatewayTimeout:        connect.CodeDeadlineExceeded,
	http.StatusInternalServerError:   connect.CodeInternal,
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
	out := connect.NewError(connectCodes[httpStatus(code)], errors.New(msg))
	detail, derr := connect.NewErrorDetail(&pb.ErrorDetail{Code: code, Message: msg, RequestId: requestID(ctx)})
	if derr == nil {
		out.AddDetail(detail)
	}
	return out
}
