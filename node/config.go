package node

import (
	"fmt"
	"io"
	"net"
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
		Origins []string `yaml:"origins"`
	} `yaml:"api"`

	P2P struct {
		Listen string   `yaml:"listen"`
		Peers  []string `yaml:"peers"`
	} `yaml:"p2p"`

	Block struct {
		Txs  int           `yaml:"transactions_max"`
		Idle time.Duration `yaml:"idle"`
	} `yaml:"block"`

	Pool struct {
		Txs   int `yaml:"transactions_max"`
		Bytes int `yaml:"bytes_max"`
	} `yaml:"pool"`

	Log struct {
		Level string `yaml:"level"`
	} `yaml:"log"`

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
  # Where the API and the pages are served. Keep it on the loopback and put a
  # TLS proxy in front, or choose another address on purpose.
  listen: 127.0.0.1:8700
  # Origins of web pages that may call the API from a browser; "*" for any.
  # Nothing an origin can do needs a secret: every change is signed.
  origins: ["*"]

p2p:
  # Where other nodes of the chain connect. Empty for a node alone.
  listen: ""
  # The other nodes, as id@host:port.
  peers: []

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
  # error, warn, info or debug.
  level: info

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
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("%s is no node's folder: there is no %s in it; make one with: troth init --home %s", home, ConfigFile, home)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := defaults(home)
	if err := yaml.NewDecoder(f, yaml.Strict()).Decode(c); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	return c, c.check()
}

func defaults(home string) *Config {
	c := &Config{Home: home}
	if err := yaml.Unmarshal([]byte(DefaultConfig), c); err != nil {
		panic("node: the default configuration: " + err.Error())
	}
	return c
}

func (c *Config) check() error {
	if _, _, err := net.SplitHostPort(c.API.Listen); err != nil {
		return fmt.Errorf("%s: api.listen: %q is not host:port", ConfigFile, c.API.Listen)
	}
	if c.P2P.Listen != "" {
		if _, _, err := net.SplitHostPort(c.P2P.Listen); err != nil {
			return fmt.Errorf("%s: p2p.listen: %q is not host:port", ConfigFile, c.P2P.Listen)
		}
	}
	for _, r := range []struct {
		name             string
		value, low, high int
	}{
		{"block.transactions_max", c.Block.Txs, 1, 50_000},
		{"pool.transactions_max", c.Pool.Txs, 1, 10_000_000},
		{"pool.bytes_max", c.Pool.Bytes, 1 << 20, 8 << 30},
		{"block.idle, in milliseconds,", int(c.Block.Idle.Milliseconds()), 10, 60_000},
	} {
		if r.value < r.low || r.value > r.high {
			return fmt.Errorf("%s: %s is %d, not %d to %d", ConfigFile, r.name, r.value, r.low, r.high)
		}
	}
	return c.checkHooks()
}
