package node

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

// Joining is how a node without a ledger joins a running chain.
type Joining struct {
	Nodes []string `yaml:"nodes"`
	Trust struct {
		Height int64  `yaml:"height"`
		Hash   string `yaml:"hash"`
	} `yaml:"trust"`
}

// checkPeers refuses what leads to no other node, or to the wrong ones.
func (c *Config) checkPeers() error {
	if c.P2P.Listen != "" {
		if err := hostPort(c.P2P.Listen); err != nil {
			return fmt.Errorf("%s: p2p.listen: %w", ConfigFile, err)
		}
	}
	for _, p := range c.P2P.Peers {
		if err := checkPeer(p); err != nil {
			return fmt.Errorf("%s: p2p.peers: %w", ConfigFile, err)
		}
	}
	if e := c.Snapshots.Every; e != 0 && (e < time.Second || e > 24*time.Hour) {
		return fmt.Errorf("%s: snapshots.every is %s, neither 0, for never, nor 1s to 24h", ConfigFile, e)
	}
	return c.checkJoin()
}

func (c *Config) checkJoin() error {
	j := c.Join
	if len(j.Nodes) == 0 {
		if j.Trust.Height != 0 || j.Trust.Hash != "" {
			return fmt.Errorf("%s: join.trust without join.nodes: name APIs to read the headers from", ConfigFile)
		}
		return nil
	}
	for _, n := range j.Nodes {
		if u, err := url.Parse(n); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%s: join.nodes: %q is no API such as https://node.example", ConfigFile, n)
		}
	}
	if len(c.P2P.Peers) == 0 {
		return fmt.Errorf("%s: join.nodes without p2p.peers: snapshots and blocks come from peers", ConfigFile)
	}
	if j.Trust.Height < 1 {
		return fmt.Errorf("%s: join.trust.height is %d: name a block that you trust", ConfigFile, j.Trust.Height)
	}
	if b, err := hex.DecodeString(j.Trust.Hash); err != nil || len(b) != 32 || strings.ToLower(j.Trust.Hash) != j.Trust.Hash {
		return fmt.Errorf("%s: join.trust.hash: %q is no hash of a block: it would be 64 hexadecimal digits, in small letters", ConfigFile, j.Trust.Hash)
	}
	return nil
}

// checkPeer says whether an address names a node: its id, which is checked when
// it connects, and where it is.
func checkPeer(s string) error {
	id, at, ok := strings.Cut(s, "@")
	if b, err := hex.DecodeString(id); !ok || err != nil || len(b) != p2p.IDByteLength {
		return fmt.Errorf("%q is no id@host:port: a node's id has %d hexadecimal digits; troth status --json says a node's own", s, 2*p2p.IDByteLength)
	}
	host, _, err := net.SplitHostPort(at)
	if err == nil && host != "" {
		err = hostPort(at)
	}
	if err != nil || host == "" {
		return fmt.Errorf("%q is no id@host:port", s)
	}
	return nil
}

func hostPort(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port", s)
	}
	return nil
}
