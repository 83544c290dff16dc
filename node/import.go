package node

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/state"
)

// ImportOptions say what chain an export becomes.
type ImportOptions struct {
	// ChainID is the new chain's, other than the exported one's: what was signed
	// for the one must not count on the other.
	ChainID string
	// Time is when the new chain begins; not before the last block of the old one.
	Time time.Time
	// ValidatorKey is a file with the key of one of the validators, who become the
	// new chain's: those of the council, or those that the export names where
	// there is no council. Without it the node has a key of its own; on a chain
	// without a council it is then the only validator.
	ValidatorKey string
	// Genesis is the file of a chain that was begun with this very export
	// elsewhere, to join it. ChainID and Time are then its.
	Genesis string
	// Listen is where the API is to be; the default where empty.
	Listen string
	// Seen is told how many of all rows are in.
	Seen func(rows, of int)
}

// Import makes a node's folder whose chain begins with an exported state. Where
// the export is damaged, or isn't what it says, nothing is left behind.
func Import(home string, from io.Reader, o ImportOptions) (out *Exported, err error) {
	ledger := filepath.Join(home, ledgerDir)
	if _, err := os.Stat(ledger); err == nil {
		return nil, fmt.Errorf("%s: %w", home, ErrExists)
	}
	if _, err := os.Stat(filepath.Join(home, genesisFile)); err == nil && !same(filepath.Join(home, genesisFile), o.Genesis) {
		return nil, fmt.Errorf("%s: %w; to put the state it began with in again, say --genesis %[1]s/%s", home, ErrExists, genesisFile)
	}
	if o.Genesis == "" {
		if err := checkChainID(o.ChainID); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(ledger), 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(ledger))
		}
	}()
	if out, err = load(ledger, from, o); err != nil {
		return nil, err
	}
	doc, err := o.genesis(ledger, out)
	if err != nil {
		return nil, err
	}
	if o.ValidatorKey != "" {
		if err := takeKey(o.ValidatorKey, home); err != nil {
			return nil, err
		}
	}
	self, err := Keys(home)
	if err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	if len(doc.Validators) == 0 {
		doc.Validators = []types.GenesisValidator{self}
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if o.Genesis != "" && same(filepath.Join(home, genesisFile), o.Genesis) {
		return out, nil
	}
	return out, writeHome(home, doc, o.Listen)
}

// same says whether two paths name one file.
func same(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// load fills a new store.
func load(dir string, from io.Reader, o ImportOptions) (*Exported, error) {
	in := newImporter(from)
	out := &Exported{}
	if err := in.next(&out.ExportHeader); err != nil {
		return nil, err
	}
	root, err := hex.DecodeString(out.Root)
	switch {
	case out.Format != ExportFormat || out.Version != ExportVersion:
		return nil, fmt.Errorf("this is no %s of version %d: its first line says %.40q, version %d", ExportFormat, ExportVersion, out.Format, out.Version)
	case err != nil || len(root) != 32 || out.Height < 1:
		return nil, errors.New("the export's first line names no height and root")
	case o.Genesis == "" && o.ChainID == out.ChainID:
		return nil, fmt.Errorf("the new chain needs another id than %s: what was signed for the old one, by customers and by validators, would count on both", out.ChainID)
	}
	l, err := state.NewLoader(dir)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	for {
		var x exportLine
		if err := in.next(&x); err != nil {
			return nil, err
		}
		if x.SHA256 != "" {
			if err := in.end(&x); err != nil {
				return nil, err
			}
			out.SHA256 = x.SHA256
			break
		}
		if len(x.Used) > 0 {
			err = l.AddUsed(state.UsedRow{Minute: x.Minute, Height: x.Height, Keys: x.Used})
		} else {
			err = l.Add(state.Row{Table: x.Number, Key: state.Key(x.Key), Value: x.Record})
		}
		if err != nil {
			return nil, err
		}
		if n := l.Rows(); n%1024 == 0 && o.Seen != nil {
			o.Seen(n, out.Rows)
		}
	}
	return out, l.Finish(out.Height, [32]byte(root))
}

// genesis checks the state that was loaded, and makes or reads the genesis.
func (o *ImportOptions) genesis(dir string, x *Exported) (doc *types.GenesisDoc, err error) {
	s, err := openLedger(dir, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("the export doesn't hold what it says: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v := s.View()
	defer v.Release()
	if err := invariant.Full(v); err != nil {
		return nil, fmt.Errorf("the export's state is impossible: %w", err)
	}
	root := v.Root()
	sum, err := hex.DecodeString(x.SHA256)
	if err != nil {
		return nil, err
	}
	want := &pb.Imported{ChainId: x.ChainID, Height: x.Height, Root: root[:], Sha256: sum}
	if o.Genesis != "" {
		if doc, err = readGenesis(o.Genesis); err != nil {
			return nil, err
		}
		var g pb.Genesis
		if err := protojson.Unmarshal(doc.AppState, &g); err != nil || !proto.Equal(g.Imported, want) {
			return nil, fmt.Errorf("%s begins with another state: %v; this is %v", o.Genesis, g.Imported, want)
		}
		return doc, nil
	}
	app, err := protojson.Marshal(&pb.Genesis{Imported: want})
	if err != nil {
		return nil, err
	}
	doc = &types.GenesisDoc{ChainID: o.ChainID, GenesisTime: o.Time.UTC(), InitialHeight: x.Height + 1,
		ConsensusParams: consensusParams(), AppState: app}
	if !doc.GenesisTime.After(x.Time) {
		doc.GenesisTime = x.Time.Add(time.Millisecond) // block time never goes back
	}
	doc.ConsensusParams.Version.App = uint64(max(council.Get(v).GetProtocol(), 1))
	members := seats(v)
	for _, m := range members {
		doc.Validators = append(doc.Validators, genesisValidator(m.Validator, m.Power))
	}
	if len(members) == 0 && o.ValidatorKey != "" {
		for _, m := range x.Validators {
			doc.Validators = append(doc.Validators, genesisValidator(m.PublicKey, m.Power))
		}
	}
	return doc, nil
}

// seats are the council's of a state that have power.
func seats(v *state.View) (out []*pb.Seat) {
	for _, k := range council.MembersByState.Keys(v, "seated", "") {
		m, _ := council.Members.Peek(v, k)
		out = append(out, &pb.Seat{Party: m.Party, Validator: m.Validator, Power: m.Power})
	}
	return out
}

func genesisValidator(key []byte, power int64) types.GenesisValidator {
	pub := ed25519.PubKey(key)
	return types.GenesisValidator{Address: pub.Address(), PubKey: pub, Power: power}
}

// takeKey copies a validator's key into a folder, for a chain on which it has
// signed nothing.
func takeKey(from, home string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	to := filepath.Join(home, validatorKey)
	if had, err := os.ReadFile(to); err == nil {
		if bytes.Equal(had, b) {
			return nil
		}
		return fmt.Errorf("%s is there already, with another key; keys are not overwritten", to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, validatorLast), []byte(emptySigned), 0o600)
}

// beginImported begins a chain with the imported state, which the store must
// have already.
func (a *app) beginImported(im *pb.Imported, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	v := a.machine.Store().View()
	defer v.Release()
	root := v.Root()
	if v.Height() != im.Height || !bytes.Equal(root[:], im.Root) {
		return nil, fmt.Errorf("the chain begins with the state that %s had after height %d, exported with the SHA-256 %x, and this node doesn't have it: stop it, and put it in with: troth import FILE --home HOME --genesis HOME/%s",
			im.ChainId, im.Height, im.Sha256, genesisFile)
	}
	if r.InitialHeight != im.Height+1 {
		return nil, fmt.Errorf("genesis: the first height is %d; after the imported state it is %d", r.InitialHeight, im.Height+1)
	}
	if err := checkSeats(seats(v), powers(r.Validators)); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	return &abci.ResponseInitChain{AppHash: root[:]}, nil
}
