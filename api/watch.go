package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

// watchBeat is how often a quiet stream shows that it lives.
var watchBeat = 15 * time.Second

// watchLife is how long a stream lives at most: then the client watches again,
// from the height after the last, and misses nothing.
const watchLife = time.Hour

// watchLag is how far a stream may fall behind what the chain does.
var watchLag = node.LagMax

// watchIDsMax bounds what one stream filters by.
const watchIDsMax = 1000

// Watch implements the Ledger service.
func (s *Server) Watch(ctx context.Context, r *connect.Request[pb.WatchRequest], out *connect.ServerStream[pb.WatchResponse]) error {
	wasRead(ctx)
	ctx, cancel := context.WithTimeout(ctx, watchLife)
	defer cancel()
	if err := s.watch(ctx, r.Msg, out); err != nil {
		return s.toConnect(ctx, r.Spec().Procedure, err)
	}
	return nil
}

func (s *Server) watch(ctx context.Context, m *pb.WatchRequest, out *connect.ServerStream[pb.WatchResponse]) error {
	ids, err := s.watchIDs(m)
	if err != nil {
		return err
	}
	if err := node.CheckTables(m.Tables); err != nil {
		return err
	}
	tables := make(map[string]bool, len(m.Tables))
	for _, t := range m.Tables {
		tables[t] = true
	}
	w, missed, err := s.watcher(m.FromHeight)
	if err != nil {
		return err
	}
	defer w.Stop()
	readAll(ctx)
	beat := time.NewTicker(watchBeat)
	defer beat.Stop()
	// The headers go out at once, so that a client knows it is watching.
	if err := out.Send(&pb.WatchResponse{}); err != nil {
		return err
	}
	send := func(b *node.BlockChanges) error {
		if b.Height < m.FromHeight {
			return nil
		}
		changes := b.About(ids, tables)
		if len(changes) == 0 {
			return nil
		}
		return out.Send(&pb.WatchResponse{Height: b.Height, Time: b.Time, Changes: changes})
	}
	for _, b := range missed {
		if err := send(b); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return op.Errorf(pb.Code_TIMED_OUT, "the stream's time is over, at most %s; watch again, from the height after the last", watchLife)
		case <-s.done:
			return op.Errorf(pb.Code_BUSY, "the node stops; watch again, from the height after the last")
		case <-beat.C:
			if err := out.Send(&pb.WatchResponse{}); err != nil {
				return err
			}
		case b, ok := <-w.Blocks():
			if !ok {
				return op.Errorf(pb.Code_BUSY, "the stream could not keep up, or the node stops; watch again, from the height after the last")
			}
			if err := send(b); err != nil {
				return err
			}
		}
	}
}

// watchIDs checks what is to be watched, and resolves handles.
func (s *Server) watchIDs(m *pb.WatchRequest) ([]string, error) {
	if len(m.Ids) > watchIDsMax || len(m.Tables) > watchIDsMax {
		return nil, op.Errorf(pb.Code_TOO_LARGE, "at most %d ids and tables can be watched", watchIDsMax)
	}
	v := s.node.View()
	defer v.Release()
	out := make([]string, len(m.Ids))
	for i, id := range m.Ids {
		var err error
		if out[i], err = partyID(v, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// watcher begins to watch, with what was missed since a height of the past.
func (s *Server) watcher(from int64) (*node.Watcher, []*node.BlockChanges, error) {
	switch {
	case from == 0:
		return s.node.Watch(watchLag), nil, nil
	case from < 0:
		return nil, nil, op.Errorf(pb.Code_INVALID, "from_height is %d; heights begin at 1", from)
	}
	w, missed, oldest, ok := s.node.WatchFrom(from, watchLag)
	if !ok {
		return nil, nil, op.Errorf(pb.Code_NOT_FOUND,
			"this node streams from height %d on, not from %d: read what you missed with ListHistory, then watch from there", oldest, from)
	}
	return w, missed, nil
}
