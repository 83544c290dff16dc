package schema

import (
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
)

// HTTP is the HTTP status that the schema gives an error code.
func HTTP(c pb.Code) int {
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

// Connect is the Connect and gRPC code of an error code; ok is false where the
// schema gives it a status that has none.
func Connect(c pb.Code) (code connect.Code, ok bool) {
	code, ok = connectCodes[HTTP(c)]
	return code, ok
}
