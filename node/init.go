package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/types"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
)

// ErrExists says that the folder already holds a node.
var ErrExists = errors.New("there is a node in the folder already")

// Genesis describes a new chain.
type Genesis struct {
	ChainID    string // 3 to 50 of a-z, 0-9 and -
	Time       time.Time
	State      *pb.Genesis
	Validators []types.GenesisValidator
	// Member is the company whose validator the node is, where there are no
	// Validators: it gets the council's only seat. Empty for no council.
	Member string
}

// Init makes a node's folder: keys, genesis and one commented configuration
// file. It never overwrites: a folder that holds a node is refused with
// ErrExists. With no validators in g, the node is the chain's only one.
func Init(home string, g Genesis, api string) error {
	if _, err := os.Stat(filepath.Join(home, genesisFile)); err == nil {
		return fmt.Errorf("%s: %w", home, ErrExists)
	}
	if err := checkChainID(g.ChainID); err != nil {
		return err
	}
	if err := council.CheckParams(g.State.GetParams()); err != nil {
		return err
	}
	self, err := Keys(home)
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	if len(g.Validators) == 0 {
		g.Validators = []types.GenesisValidator{self}
		if g.Member != "" {
			g.State = g.State.CloneVT()
			g.State.Council = []*pb.Seat{{Party: g.Member, Validator: self.PubKey.Bytes(), Power: self.Power}}
		}
	}
	state, err := protojson.Marshal(g.State)
	if err != nil {
		return err
	}
	doc := &types.GenesisDoc{
		ChainID: g.ChainID, GenesisTime: g.Time.UTC(), ConsensusParams: consensusParams(),
		Validators: g.Validators, AppState: state,
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if err := checkSeats(g.State.Council, powers(genesisValidators(doc))); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	return writeHome(home, doc, api)
}

// consensusParams are a new chain's.
func consensusParams() *types.ConsensusParams {
	params := types.DefaultConsensusParams()
	params.Block.MaxBytes = blockBytes
	params.Evidence.MaxAgeDuration = evidenceAge
	return params
}

// writeHome writes a node's configuration and then the genesis, which is what
// makes the folder a node's.
func writeHome(home string, doc *types.GenesisDoc, api string) error {
	config := DefaultConfig
	if api != "" {
		config = strings.Replace(config, "127.0.0.1:8700", api, 1)
	}
	if err := write(filepath.Join(home, ConfigFile), []byte(config)); err != nil {
		return err
	}
	tmp := filepath.Join(home, genesisFile+".new")
	if err := doc.SaveAs(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(home, genesisFile))
}

func write(path string, b []byte) error {
	if _, err := os.Stat(path); err == nil {
		return nil // somebody prepared it
	}
	return os.WriteFile(path, b, 0o600)
}

func checkChainID(id string) error {
	if len(id) < 3 || len(id) > 50 {
		return fmt.Errorf("the chain id %q has %d bytes, not 3 to 50", id, len(id))
	}
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return fmt.Errorf("the chain id %q has a %q; a-z, 0-9 and - are allowed", id, c)
		}
	}
	return nil
}
