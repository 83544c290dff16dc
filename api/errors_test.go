package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/schema"
)

// TestCodes: every number has a status, every status a gRPC code, and the error
// carries the number. A fault of the node says nothing about itself.
func TestCodes(t *testing.T) {
	for number, name := range pb.Code_name {
		code := pb.Code(number)
		if code == pb.Code_OK {
			continue
		}
		want, ok := schema.Connect(code)
		if !ok {
			t.Errorf("%s: status %d has no gRPC code", name, schema.HTTP(code))
		}
		err := api.ToConnect(api.Numbered(code))
		d := detail(t, err)
		if connect.CodeOf(err) != want || d.Code != code {
			t.Errorf("%s: %v with %s, want %v", name, connect.CodeOf(err), d.Code, want)
		}
		if code == pb.Code_INTERNAL && strings.Contains(fmt.Sprint(err, d), "fire") {
			t.Errorf("the node's fault is told: %v", err)
		}
		if code == pb.Code_TOO_LARGE && want == connect.CodeResourceExhausted {
			t.Error("what is too large would be sent again")
		}
	}
	if err := api.ToConnect(fmt.Errorf("x: %w", context.DeadlineExceeded)); detail(t, err).Code != pb.Code_TIMED_OUT {
		t.Errorf("%v", err)
	}
	if err := api.ToConnect(context.Canceled); connect.CodeOf(err) != connect.CodeCanceled {
		t.Errorf("%v", err)
	}
}
