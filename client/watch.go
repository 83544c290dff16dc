package client

import (
	"context"
	"errors"
	"iter"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// Event is what Watch yields: a block's changes.
type Event struct {
	*pb.WatchResponse
	// Resumed says that the stream was interrupted before this: what changed
	// meanwhile wasn't seen. ListHistory and the Get calls tell it. A resumed
	// event comes as soon as the node is back, and has no changes of its own.
	Resumed bool
}

// quietMax is how long a stream may be silent before it counts as lost. A node
// shows that it lives every 15 seconds.
const quietMax = 45 * time.Second

// Watch yields what changes about ids, in tables, both empty for everything. It
// connects again when the connection is lost, for as long as ctx lasts, and
// says so in the next event. The first event has no changes: from then on
// nothing is missed. An error ends it: the node refused the request, or ctx
// ended.
func Watch(ctx context.Context, api pbconnect.LedgerClient, ids, tables []string) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		connected := false
		for pause := retryFirst; ; pause = min(2*pause, retryMax) {
			greeted, err := watchOnce(ctx, api, &pb.WatchRequest{Ids: ids, Tables: tables}, connected, yield)
			if greeted {
				connected, pause = true, retryFirst
			}
			switch {
			case err == errStopped:
				return
			case ctx.Err() != nil:
				yield(nil, ctx.Err())
				return
			case err != nil && !Transient(err) && !cut(err):
				yield(nil, err)
				return
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// errStopped says that whoever watches had enough.
var errStopped = errors.New("client: stopped watching")

// cut says whether an error is that of a connection which ended.
func cut(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeCanceled, connect.CodeAborted, connect.CodeInternal, connect.CodeInvalidArgument:
		return Detail(err) == nil
	}
	return false
}

// watchOnce yields what one stream has. greeted says that it was one.
func watchOnce(ctx context.Context, api pbconnect.LedgerClient, req *pb.WatchRequest, again bool, yield func(*Event, error) bool) (greeted bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	quiet := time.AfterFunc(quietMax, cancel)
	defer quiet.Stop()
	stream, err := api.Watch(ctx, connect.NewRequest(req))
	if err != nil {
		return false, err
	}
	defer stream.Close()
	for stream.Receive() {
		quiet.Reset(quietMax)
		m := stream.Msg()
		if greeted && len(m.Changes) == 0 {
			continue // a sign of life
		}
		e := &Event{WatchResponse: m.CloneVT(), Resumed: again && !greeted}
		greeted = true
		if !yield(e, nil) {
			return true, errStopped
		}
	}
	return greeted, stream.Err()
}
