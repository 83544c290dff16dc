package client

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// Directory looks up on a node what people write instead of ids and minor
// units, and remembers it: handles never change hands, decimals never change.
// It may be used by several goroutines.
type Directory struct {
	API pbconnect.LedgerClient

	// mu guards the maps; no call is made while it is held.
	mu       sync.Mutex
	parties  map[string]string // handle -> id
	names    map[string]string // id -> @handle, or the id
	decimals map[string]int
}

// NewDirectory returns the directory of a node.
func NewDirectory(api pbconnect.LedgerClient) *Directory {
	return &Directory{API: api, parties: map[string]string{}, names: map[string]string{}, decimals: map[string]int{}}
}

// Party returns the id of @handle; anything else is taken for an id.
func (d *Directory) Party(ctx context.Context, name string) (string, error) {
	handle, ok := strings.CutPrefix(name, "@")
	if !ok {
		return name, nil
	}
	d.mu.Lock()
	id := d.parties[handle]
	d.mu.Unlock()
	if id != "" {
		return id, nil
	}
	res, err := d.API.GetParty(ctx, connect.NewRequest(&pb.GetRequest{Id: name}))
	if c := CodeOf(err); c == pb.Code_NOT_FOUND || c == pb.Code_UNKNOWN_PARTY {
		return "", fmt.Errorf("nobody has the handle %s%s", name, d.suggest(ctx, handle))
	}
	if err != nil {
		return "", err
	}
	d.learn(res.Msg.Party)
	return res.Msg.Party.Id, nil
}

func (d *Directory) learn(p *pb.Party) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[p.Id] = p.Id
	if p.Handle != "" {
		d.parties[p.Handle], d.names[p.Id] = p.Id, "@"+p.Handle
	}
}

// suggest names a handle that was perhaps meant.
func (d *Directory) suggest(ctx context.Context, handle string) string {
	best, least := "", 3
	for _, kind := range []pb.PartyKind{pb.PartyKind_COMPANY, pb.PartyKind_PROGRAMME} {
		res, err := d.API.ListParties(ctx, connect.NewRequest(&pb.ListPartiesRequest{Kind: kind, Page: &pb.Page{Size: 500}}))
		if err != nil {
			return ""
		}
		for _, p := range res.Msg.Parties {
			if n := Distance(handle, p.Handle); p.Handle != "" && n < least {
				best, least = p.Handle, n
			}
		}
	}
	if best == "" {
		return "; troth list parties shows those there are"
	}
	return "; did you mean @" + best + "?"
}

// Distance is how many letters must be added, dropped, changed or swapped with
// their neighbour to make b of a.
func Distance(a, b string) int {
	two, one, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}

// Name is a party's handle with @, or its id where it has none or can't be
// read.
func (d *Directory) Name(ctx context.Context, id string) string {
	d.mu.Lock()
	name := d.names[id]
	d.mu.Unlock()
	if name != "" {
		return name
	}
	res, err := d.API.GetParty(ctx, connect.NewRequest(&pb.GetRequest{Id: id}))
	if err != nil {
		return id
	}
	d.learn(res.Msg.Party)
	return d.Name(ctx, id)
}

// Decimals is the number of digits after the point of an asset.
func (d *Directory) Decimals(ctx context.Context, asset string) (int, error) {
	d.mu.Lock()
	n, ok := d.decimals[asset]
	d.mu.Unlock()
	if ok {
		return n, nil
	}
	res, err := d.API.GetAsset(ctx, connect.NewRequest(&pb.GetRequest{Id: asset}))
	if CodeOf(err) == pb.Code_NOT_FOUND {
		return 0, fmt.Errorf("there is no asset %q; an asset's id is its symbol, @ and its issuer's handle, as in EUR@northbank", asset)
	}
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.decimals[asset] = int(res.Msg.Asset.Decimals)
	return d.decimals[asset], nil
}

// TermNames are the names of a template's terms, in their order; nil where it
// can't be read.
func (d *Directory) TermNames(ctx context.Context, template string) []string {
	res, err := d.API.GetTemplate(ctx, connect.NewRequest(&pb.GetRequest{Id: template}))
	if err != nil {
		return nil
	}
	var names []string
	for _, t := range res.Msg.Template.GetTerms() {
		names = append(names, t.Name)
	}
	return names
}

// Amount reads "5.00 EUR@northbank". More digits after the point than the asset
// has are an error, never rounded.
func (d *Directory) Amount(ctx context.Context, text string) (*pb.Amount, error) {
	_, _, asset, err := contract.SplitAmount(text)
	if err != nil {
		return nil, err
	}
	n, err := d.Decimals(ctx, asset)
	if err != nil {
		return nil, err
	}
	return contract.ParseAmount(text, func(string) int { return n })
}

// Format writes an amount as people read it: "5.00 EUR@northbank". Where the
// asset can't be read it says minor units.
func (d *Directory) Format(ctx context.Context, units int64, asset string) string {
	n, err := d.Decimals(ctx, asset)
	if err != nil {
		return fmt.Sprintf("%d minor units of %s", units, asset)
	}
	return contract.FormatAmount(units, n, asset)
}
