package node

import (
	"strings"
	"testing"
	"time"
)

func TestCheckPeers(t *testing.T) {
	id := strings.Repeat("0f", 20)
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string // empty for right
	}{
		"alone":           {func(*Config) {}, ""},
		"peers":           {func(c *Config) { c.P2P.Listen, c.P2P.Peers = "0.0.0.0:26656", []string{id + "@node.example:26656"} }, ""},
		"listen":          {func(c *Config) { c.P2P.Listen = "26656" }, "p2p.listen"},
		"port":            {func(c *Config) { c.P2P.Listen = "0.0.0.0:99999" }, "p2p.listen"},
		"no id":           {func(c *Config) { c.P2P.Peers = []string{"node.example:26656"} }, "no id@host:port"},
		"half an id":      {func(c *Config) { c.P2P.Peers = []string{id[:20] + "@node.example:26656"} }, "40 hexadecimal"},
		"no host":         {func(c *Config) { c.P2P.Peers = []string{id + "@:26656"} }, "no id@host:port"},
		"no port":         {func(c *Config) { c.P2P.Peers = []string{id + "@node.example"} }, "no id@host:port"},
		"often":           {func(c *Config) { c.Snapshots.Every = time.Millisecond }, "snapshots.every"},
		"never":           {func(c *Config) { c.Snapshots.Every = 0 }, ""},
		"join":            {joining(id, "https://node.example", 5, strings.Repeat("ab", 32)), ""},
		"join nobody":     {joining(id, "", 5, strings.Repeat("ab", 32)), "without join.nodes"},
		"join no URL":     {joining(id, "node.example:8700", 5, strings.Repeat("ab", 32)), "is no API"},
		"join no peer":    {func(c *Config) { joining(id, "http://a", 5, strings.Repeat("ab", 32))(c); c.P2P.Peers = nil }, "without p2p.peers"},
		"join no height":  {joining(id, "http://a", 0, strings.Repeat("ab", 32)), "join.trust.height"},
		"join short hash": {joining(id, "http://a", 5, "abcd"), "join.trust.hash"},
		"join big hash":   {joining(id, "http://a", 5, strings.Repeat("AB", 32)), "small letters"},
	} {
		c := defaults(t.TempDir())
		tc.change(c)
		err := c.Check()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func joining(id, node string, height int64, hash string) func(*Config) {
	return func(c *Config) {
		c.P2P.Peers = []string{id + "@node.example:26656"}
		if node != "" {
			c.Join.Nodes = []string{node}
		}
		c.Join.Trust.Height, c.Join.Trust.Hash = height, hash
	}
}
