package api

import (
	"context"
	"slices"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
	"github.com/troth-ledger/troth/node"
)

// watchBeat is how often a quiet stream shows that it lives.
const watchBeat = 15 * time.Second

// watchIDsMax bounds what one stream filters by.
const watchIDsMax = 1000

// Watch implements the Ledger service.
func (s *Server) Watch(ctx context.Context, r *connect.Request[pb.WatchRequest], out *connect.ServerStream[pb.WatchResponse]) error {
	m := r.Msg
	if len(m.Ids) > watchIDsMax || len(m.Tables) > watchIDsMax {
		return s.toConnect(ctx, "Watch", op.Errorf(pb.Code_TOO_LARGE, "at most %d ids and tables can be watched", watchIDsMax))
	}
	if h := s.node.BlockTime(); m.FromHeight != 0 && !h.IsZero() {
		v := s.node.View()
		last := v.Height()
		v.Release()
		if m.FromHeight != last+1 {
			return s.toConnect(ctx, "Watch", op.Errorf(pb.Code_INVALID,
				"from_height is %d; this node streams from %d, the next: read what you missed with ListHistory", m.FromHeight, last+1))
		}
	}
	w := s.node.Watch()
	defer w.Stop()
	beat := time.NewTicker(watchBeat)
	defer beat.Stop()
	// The headers go out at once, so that a client knows it is watching.
	if err := out.Send(&pb.WatchResponse{}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := out.Send(&pb.WatchResponse{}); err != nil {
				return err
			}
		case b, ok := <-w.Blocks():
			if !ok {
				return s.toConnect(ctx, "Watch", op.Errorf(pb.Code_BUSY, "the stream could not keep up; watch again, and read what was missed with ListHistory"))
			}
			if changes := pick(b, m.Ids, m.Tables); len(changes) > 0 {
				if err := out.Send(&pb.WatchResponse{Height: b.Height, Time: b.Time, Changes: changes}); err != nil {
					return err
				}
			}
		}
	}
}

// pick chooses a block's changes of given objects and tables; several changes
// of one row become one.
func pick(b *node.BlockChanges, ids, tables []string) []*pb.Change {
	type place struct {
		table string
		key   state.Key
	}
	at := make(map[place]int)
	var out []*pb.Change
	for _, c := range b.Changes {
		if len(tables) > 0 && !slices.Contains(tables, c.Table()) || !about(c, ids) {
			continue
		}
		k := place{c.Table(), c.Key()}
		i, seen := at[k]
		if !seen {
			i = len(out)
			at[k] = i
			out = append(out, &pb.Change{Table: c.Table(), Id: c.Key().String()})
			if c.Before() != nil {
				out[i].Before = state.Encode(c.Before())
			}
		}
		out[i].After, out[i].Json = nil, ""
		if c.After() != nil {
			out[i].After = state.Encode(c.After())
			if j, err := protojson.Marshal(c.After().(proto.Message)); err == nil {
				out[i].Json = string(j)
			}
		}
	}
	return out
}

func about(c state.Change, ids []string) bool {
	if len(ids) == 0 {
		return true
	}
	if slices.Contains(ids, c.Key().String()) {
		return true
	}
	for _, id := range c.History() {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return false
}
