package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"
)

// Config is what a node's configuration file says.
type Config struct {
	// Home is the folder everything is in. Not in the file: it is where the
	// file is.
	Home string `yaml:"-"`

	API struct {
		Listen  string   `yaml:"listen"`
		Proxied bool     `yaml:"behind_proxy"`
		Proxies []string `yaml:"trusted_proxies"`
		Origins []string `yaml:"origins"`
	} `yaml:"api"`

	Operator struct {
		Listen string `yaml:"listen"`
		Public bool   `yaml:"public"`
		Pprof  bool   `yaml:"pprof"`
	} `yaml:"operator"`

	Limits struct {
		Requests  int      `yaml:"address_requests"`
		Txs       int      `yaml:"address_transactions"`
		PartyTxs  int      `yaml:"party_transactions"`
		Strangers int      `yaml:"stranger_signatures"`
		Exempt    []string `yaml:"exempt"`
	} `yaml:"limits"`

	P2P struct {
		Listen string   `yaml:"listen"`
		Peers  []string `yaml:"peers"`
	} `yaml:"p2p"`

	Signer struct {
		Listen string `yaml:"listen"`
	} `yaml:"signer"`

	Snapshots struct {
		Every time.Duration `yaml:"every"`
	} `yaml:"snapshots"`

	Join Joining `yaml:"join"`

	Block struct {
		Txs  int           `yaml:"transactions_max"`
		Idle time.Duration `yaml:"idle"`
	} `yaml:"block"`

	Pool struct {
		Txs   int `yaml:"transactions_max"`
		Bytes int `yaml:"bytes_max"`
	} `yaml:"pool"`

	Log struct {
		Level    string `yaml:"level"`
		Format   string `yaml:"format"`
		Requests bool   `yaml:"requests"`
	} `yaml:"log"`

	Prune Prune `yaml:"prune"`

	Webhooks []Webhook `yaml:"webhooks"`
	Carriers []Carrier `yaml:"carriers"`
}

// ConfigFile is the file's name within a node's folder.
const ConfigFile = "troth.yaml"

// DefaultConfig is the configuration file of a new node: every key with its
// meaning and its default.
const DefaultConfig = `# Configuration of a Troth node. Every key is optional; what stands here are
# the defaults. Durations are written 500ms, 10s, 2h. Restart to apply.

api:
  # Where the API and the pages are served, as host:port. The node speaks no TLS:
  # any other address than the loopback's wants behind_proxy.
  listen: 127.0.0.1:8700
  # Says that a proxy with TLS stands before the API, and that nobody else can
  # reach it.
  behind_proxy: false
  # Addresses, or networks such as 10.1.0.0/16, of proxies whose X-Forwarded-For
  # is believed: what the limits go by. Wanted with behind_proxy.
  trusted_proxies: []
  # Origins of web pages that may call the API from a browser; "*" for any.
  # Nothing an origin can do needs a secret: every change is signed.
  origins: ["*"]

operator:
  # Where metrics, health and profiles are served: /metrics, /healthz, /readyz.
  # Empty for 127.0.0.1 and the API's port plus 100; "off" for nowhere. Whoever
  # reaches it reads without a password.
  listen: ""
  # Allows an address that others can reach.
  public: false
  # Serves profiles under /debug/pprof. They cost time, and show what is in memory.
  pprof: false

limits:
  # This node's own limits, a second; 0 for none. Four seconds' worth may come at
  # once. Requests from one address; a /64 of IPv6 counts as one.
  address_requests: 200
  # Transactions from one address. One with a bad signature counts as fifty.
  address_transactions: 2000
  # Transactions of one party, by all its addresses. The ledger has quotas beside.
  party_transactions: 5000
  # Signatures verified of keys that the ledger doesn't know as the party's, of
  # everybody together: of newcomers, and of whoever makes up keys.
  stranger_signatures: 500
  # Addresses or networks without the limits by address: your own systems.
  exempt: [127.0.0.0/8, "::1"]

p2p:
  # Where other nodes of the chain connect. Empty for a node alone.
  listen: ""
  # The other nodes, as id@host:port.
  peers: []

signer:
  # Where a remote signer connects, which has the validator's key in place of
  # keys/validator.json: tcp://127.0.0.1:port, unix://path, or, from another
  # machine, noise://<the signer's peer id>@host:port. Empty for none.
  listen: ""

snapshots:
  # How often, in block time, this node takes a snapshot of the state for nodes
  # that join; 0 for never. It offers the last two, and keeps on disk what was
  # replaced since. The same on all nodes, so that they offer the same ones.
  every: 10m

# How a node without a ledger joins a running chain: from a snapshot of p2p.peers,
# checked against signed headers. troth init --join fills this in. Without it the
# node executes all blocks from the first on. Later it means nothing.
join:
  # APIs of nodes to read the headers from; all must say the same, so name two of
  # different operators.
  nodes: []
  trust:
    # A block of the last 14 days that you trust, by its height and its hash (64
    # hexadecimal digits), not above the snapshots.
    height: 0
    hash: ""

block:
  # Transactions in one block at most.
  transactions_max: 10000
  # The longest an idle node waits before it makes an empty block.
  idle: 1s

pool:
  # What may wait for a block at most.
  transactions_max: 100000
  bytes_max: 134217728

log:
  # error, warn, info or debug. A line for each block is at debug.
  level: info
  # text, or json for an object a line. Both go to standard error.
  format: text
  # A line for each request at info; else it is at debug. Never its body.
  requests: false

prune:
  # How many blocks to keep; 0 for all, which is the default: only with all can
  # the ledger be made anew from them, and old proofs be asked for.
  keep_blocks: 0
  # Of how many blocks to keep what became of transactions, and the history of
  # objects; 0 for all. The state itself is never pruned.
  keep_history: 0

# Where to tell what changes: signed CloudEvents, at least once, retried for
# three days; see docs/guides/webhooks.md. A webhook begins with the block after
# it was added. Paths are relative to this folder. An example:
#   - name: shop                      # a-z, 0-9 and -; its queue goes by it
#     url: https://shop.example/troth # redirects are not followed
#     secret_file: keys/shop.secret   # whsec_..., or 16 bytes and more; a line each
#     ids: []                         # parties, promises or subjects; empty for all
#     tables: [promises, settlements] # empty for all but the ledger's bookkeeping
webhooks: []

# Carriers whose tracking webhooks become facts. An example:
#   - name: parcelco                  # POST /hooks/parcelco
#     format: aftership               # or easypost
#     secret_file: keys/parcelco.secret # what the sender signs with
#     key_file: keys/parcelco.key     # the attester's key, unencrypted
#     subject: "parcel:{tracking}"    # what the facts are about
#     zone: UTC                       # of times that the sender gives no offset with
#     test_events: false              # whether a sender's test mode makes facts
carriers: []
`

// LoadConfig reads the configuration of a node's folder. Unknown keys and
// dangerous values are refused.
func LoadConfig(home string) (*Config, error) {
	path := filepath.Join(home, ConfigFile)
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("%s is no node's folder: there is no %s in it; make one with: troth init --home %s", home, ConfigFile, home)
	}
	if err != nil {
		return nil, err
	}
	c := defaults(home)
	var all any
	if err := yaml.Unmarshal(b, &all); err == nil && all == nil {
		return c, c.Check() // the library would clear what a file says nothing about
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(c); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	return c, c.Check()
}

func defaults(home string) *Config {
	c := &Config{Home: home}
	if err := yaml.Unmarshal([]byte(DefaultConfig), c); err != nil {
		panic("node: the default configuration: " + err.Error())
	}
	return c
}

// Check refuses what can't work and what would be dangerous, and says why.
func (c *Config) Check() error {
	if err := errors.Join(c.checkAPI(), c.checkOperator(), c.checkLimits(), c.checkMemory(), c.checkFiles(), c.checkLog(), c.checkPeers(), c.checkSigner()); err != nil {
		return err
	}
	for _, r := range []struct {
		name             string
		value, low, high int
	}{
		{"block.transactions_max", c.Block.Txs, 1, 50_000},
		{"pool.transactions_max", c.Pool.Txs, 1, 10_000_000},
		{"pool.bytes_max", c.Pool.Bytes, 1 << 20, 8 << 30},
		{"block.idle, in milliseconds,", int(c.Block.Idle.Milliseconds()), 10, 60_000},
		{"limits.address_requests", c.Limits.Requests, 0, 1_000_000},
		{"limits.address_transactions", c.Limits.Txs, 0, 10_000_000},
		{"limits.party_transactions", c.Limits.PartyTxs, 0, 10_000_000},
		{"limits.stranger_signatures", c.Limits.Strangers, 0, 10_000_000},
	} {
		if r.value < r.low || r.value > r.high {
			return fmt.Errorf("%s: %s is %d, not %d to %d", ConfigFile, r.name, r.value, r.low, r.high)
		}
	}
	if err := c.Prune.check(); err != nil {
		return err
	}
	return c.checkHooks()
}
