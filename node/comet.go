package node

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/types"
)

// Names within a node's folder.
const (
	genesisFile   = "genesis.json"
	validatorKey  = "keys/validator.json"
	nodeKeyFile   = "keys/node.json"
	validatorLast = "data/validator-state.json"
	ledgerDir     = "data/ledger"
)

// blockBytes is the size of a block at most, gossip and all.
const blockBytes = 8 << 20

// comet is CometBFT's configuration for a node of ours. What isn't set here
// keeps its default; what is has its reason.
func comet(c *Config) *config.Config {
	k := config.DefaultConfig()
	k.SetRoot(c.Home)
	k.Genesis = genesisFile
	k.PrivValidatorKey, k.PrivValidatorState, k.NodeKey = validatorKey, validatorLast, nodeKeyFile
	k.PrivValidatorListenAddr = c.Signer.Listen
	k.DBBackend, k.DBPath = "pebbledb", "data"
	// Our own API answers about transactions, from our own records.
	k.TxIndex.Indexer = "null"
	k.Storage.DiscardABCIResponses = true
	k.RPC.ListenAddress = ""
	// Nobody subscribes, and consensus should not wait for each event to be taken.
	k.BaseConfig.EventBusBufferCapacity = 1024

	// The application keeps the pool. CometBFT then never learns of waiting
	// transactions, so blocks must be made without them: the proposer waits
	// inside PrepareProposal instead.
	k.Mempool.Type = "app"
	k.Mempool.MaxTxBytes = 64 << 10
	k.Mempool.ReapInterval = 20 * time.Millisecond
	k.Consensus.CreateEmptyBlocks = true
	k.Consensus.CreateEmptyBlocksInterval = 0
	k.Consensus.TimeoutCommit = 0
	k.Consensus.TimeoutPropose = c.Block.Idle + 2*time.Second
	// How long a routine of gossip, of which there are two for each peer, sleeps where it
	// finds nothing to send. Where several nodes share few cores and have much to do, less
	// takes from the transactions: see decision 1.
	k.Consensus.PeerGossipSleepDuration = 10 * time.Millisecond
	// That check refuses to start a validator that signed one of the last blocks:
	// for one alone on its chain, every restart. What keeps a key from signing a
	// height twice is the file validatorLast, which goes wherever the key goes.
	k.Consensus.DoubleSignCheckHeight = 0

	k.P2P.ListenAddress = "tcp://127.0.0.1:0"
	if c.P2P.Listen != "" {
		k.P2P.ListenAddress = "tcp://" + c.P2P.Listen
	}
	k.P2P.PersistentPeers = strings.Join(c.P2P.Peers, ",")
	k.P2P.AddrBook = "data/peers.json"
	k.P2P.PexReactor = false
	k.P2P.AddrBookStrict = false
	k.P2P.AllowDuplicateIP = true
	k.P2P.SendRate, k.P2P.RecvRate = 100<<20, 100<<20
	// Together with the sleep above, these decide how long a block takes: its proposal
	// and its votes each wait for both on their way.
	k.P2P.FlushThrottleTimeout = time.Millisecond
	k.Instrumentation.Prometheus = false
	return k
}

// Keys makes a node's keys where they are missing and returns the validator's
// public key as the genesis names it.
func Keys(home string) (types.GenesisValidator, error) {
	for _, dir := range []string{"keys", "data"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return types.GenesisValidator{}, err
		}
	}
	key := filepath.Join(home, validatorKey)
	var pv *privval.FilePV
	if _, err := os.Stat(key); os.IsNotExist(err) {
		pv = privval.GenFilePV(key, filepath.Join(home, validatorLast))
		pv.Save()
	} else {
		pv = privval.LoadFilePV(key, filepath.Join(home, validatorLast))
	}
	if _, err := p2p.LoadOrGenNodeKey(filepath.Join(home, nodeKeyFile)); err != nil {
		return types.GenesisValidator{}, err
	}
	pub, err := pv.GetPubKey()
	return types.GenesisValidator{Address: pub.Address(), PubKey: pub, Power: 10}, err
}
