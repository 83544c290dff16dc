package node

import (
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// BlockChanges is what a block changed. What watchers need of it is made when
// the first of them asks, once for all.
type BlockChanges struct {
	Height  int64
	Time    *timestamppb.Timestamp
	Changes []state.Change

	size  int // of the records as they are after, or were where they are gone
	once  sync.Once
	rows  []row
	about map[string]int // id -> the last of its links, from 1
	links []link         // which rows are about which id, chained by id
}

// link says that a row is about an id. A slice of them and not a slice an id,
// for a large block has tens of thousands.
type link struct{ row, before int }

// row is a changed row as it is streamed.
type row struct {
	RowChange
	once   sync.Once
	change *pb.Change
}

// changeCost is what a change takes in memory besides its records, in bytes: it keeps
// the rows that were allocated with its own.
const changeCost = 1000

func newBlockChanges(height int64, at *timestamppb.Timestamp, changes []state.Change) *BlockChanges {
	b := &BlockChanges{Height: height, Time: at, Changes: changes, size: changeCost * len(changes)}
	for _, c := range changes {
		if r := c.After(); r != nil {
			b.size += r.SizeVT()
		} else {
			b.size += c.Before().SizeVT()
		}
	}
	return b
}

// About returns the changes about ids, in tables, all where there are none;
// several changes of one row are one. They are shared: not to be changed.
func (b *BlockChanges) About(ids []string, tables map[string]bool) []*pb.Change {
	if len(b.Changes) == 0 {
		return nil
	}
	b.once.Do(b.prepare)
	var out []*pb.Change
	add := func(i int) {
		r := &b.rows[i]
		if len(tables) == 0 || tables[r.Table] {
			out = append(out, r.encoded())
		}
	}
	if len(ids) == 0 {
		for i := range b.rows {
			add(i)
		}
		return out
	}
	var at []int
	for _, id := range ids {
		for n := b.about[id]; n > 0; n = b.links[n-1].before {
			at = append(at, b.links[n-1].row)
		}
	}
	slices.Sort(at)
	for _, i := range slices.Compact(at) {
		add(i)
	}
	return out
}

func (b *BlockChanges) prepare() {
	merged := Merge(b.Changes)
	b.rows, b.about = make([]row, len(merged)), make(map[string]int, len(merged))
	b.links = make([]link, 0, 2*len(merged))
	for i, m := range merged {
		b.rows[i].RowChange = m
		b.link(m.ID, i)
		for _, id := range m.About {
			b.link(id, i)
		}
	}
}

func (b *BlockChanges) link(id string, row int) {
	b.links = append(b.links, link{row, b.about[id]})
	b.about[id] = len(b.links)
}

// encoded encodes a row when the first watcher wants it.
func (r *row) encoded() *pb.Change {
	r.once.Do(func() {
		r.change = &pb.Change{Table: r.Table, Id: r.ID}
		if r.Before != nil {
			r.change.Before = state.Encode(r.Before)
		}
		if r.After != nil {
			r.change.After = state.Encode(r.After)
			if j, err := protojson.Marshal(r.After.(proto.Message)); err == nil {
				r.change.Json = string(j)
			}
		}
	})
	return r.change
}

// Tables are the names of the ledger's tables, in alphabetical order.
func Tables() []string {
	var out []string
	for _, t := range state.Tables() {
		out = append(out, t.Name)
	}
	slices.Sort(out)
	return out
}

// CheckTables returns INVALID for a name that is no table's, with those that
// are.
func CheckTables(names []string) error {
	known := Tables()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return op.Errorf(pb.Code_INVALID, "there is no table %.60q; the tables are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
