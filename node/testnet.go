package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
)

// Machine is one machine of a new chain of several.
type Machine struct {
	// Home is the folder to make, as it is on the machine that makes all of them.
	Home string
	// API and Listen are where the node serves its API and where the others
	// connect; Address is how they reach the latter, as host:port.
	API, Listen, Address string
	// Operator is the company that runs it, and has a seat on the council.
	Operator *pb.Party
}

// Testnet makes the folders of a chain's first machines: each has keys of its
// own, the one genesis, and the others as its peers. Every machine's validator
// has the same power.
func Testnet(chainID string, at time.Time, g *pb.Genesis, machines []Machine) error {
	var validators []types.GenesisValidator
	peers := make([]string, len(machines))
	g = g.CloneVT()
	for i, m := range machines {
		v, err := Keys(m.Home)
		if err != nil {
			return fmt.Errorf("making keys: %w", err)
		}
		v.Name = m.Operator.Handle
		validators = append(validators, v)
		g.Parties = append(g.Parties, m.Operator)
		g.Council = append(g.Council, &pb.Seat{Party: m.Operator.Id, Validator: v.PubKey.Bytes(), Power: v.Power})
		key, err := p2p.LoadNodeKey(filepath.Join(m.Home, nodeKeyFile))
		if err != nil {
			return err
		}
		if peers[i] = string(key.ID()) + "@" + m.Address; checkPeer(peers[i]) != nil {
			return fmt.Errorf("%q is not host:port, where others reach machine %d", m.Address, i+1)
		}
	}
	for i, m := range machines {
		others := append(append([]string{}, peers[:i]...), peers[i+1:]...)
		if err := write(filepath.Join(m.Home, ConfigFile), configFor(m.API, m.Listen, others, Joining{})); err != nil {
			return err
		}
		if err := Init(m.Home, Genesis{ChainID: chainID, Time: at, State: g, Validators: validators}, ""); err != nil {
			return err
		}
	}
	return nil
}

// configFor is the configuration file of a node that has others.
func configFor(api, listen string, peers []string, join Joining) []byte {
	edits := []string{
		"  listen: 127.0.0.1:8700\n", "  listen: " + api + "\n",
		"  # Where other nodes of the chain connect. Empty for a node alone.\n  listen: \"\"\n",
		"  # Where other nodes of the chain connect. Empty for a node alone.\n  listen: \"" + listen + "\"\n",
		"  peers: []\n", "  peers:" + yamlList(peers) + "\n",
	}
	if len(join.Nodes) > 0 {
		edits = append(edits, "  nodes: []\n", "  nodes:"+yamlList(join.Nodes)+"\n",
			"    height: 0\n", fmt.Sprintf("    height: %d\n", join.Trust.Height),
			"    hash: \"\"\n", fmt.Sprintf("    hash: %q\n", join.Trust.Hash))
	}
	return []byte(strings.NewReplacer(edits...).Replace(DefaultConfig))
}

func yamlList(list []string) string {
	if len(list) == 0 {
		return " []"
	}
	var out strings.Builder
	for _, s := range list {
		fmt.Fprintf(&out, "\n    - %q", s)
	}
	return out.String()
}

// InitJoining makes the folder of a node that joins a running chain: keys, the
// chain's genesis, and a configuration with its peers and a trusted block. It
// never overwrites a node. The node has a validator's key, and is none until the
// council says so.
func InitJoining(home string, genesis []byte, api, listen string, peers []string, join Joining) error {
	if _, err := os.Stat(filepath.Join(home, genesisFile)); err == nil {
		return fmt.Errorf("%s: %w", home, ErrExists)
	}
	if _, err := Keys(home); err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	c := configFor(api, listen, peers, join)
	if err := write(filepath.Join(home, ConfigFile), c); err != nil {
		return err
	}
	if _, err := LoadConfig(home); err != nil {
		return err
	}
	tmp := filepath.Join(home, genesisFile+".new")
	if err := os.WriteFile(tmp, genesis, 0o600); err != nil {
		return err
	}
	if _, err := readGenesis(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(home, genesisFile))
}
