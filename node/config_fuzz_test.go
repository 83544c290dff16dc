package node

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// FuzzLoadConfig: no file panics, and what is accepted is within its bounds.
func FuzzLoadConfig(f *testing.F) {
	f.Add([]byte(DefaultConfig))
	f.Add([]byte("api:\n  listen: nowhere\n"))
	f.Add([]byte("block: {transactions_max: 0}"))
	f.Add([]byte("webhooks: [{name: shop, url: https://shop.example, secret_file: keys/s}]\ncarriers: [{}]"))
	f.Add([]byte("a: &a [*a, *a]"))
	home := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4<<10 {
			return // the library takes long for what no operator would write
		}
		if err := os.WriteFile(filepath.Join(home, ConfigFile), b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := LoadConfig(home)
		if err != nil {
			return
		}
		if _, _, err := net.SplitHostPort(c.API.Listen); err != nil || c.Block.Txs < 1 || c.Pool.Txs < 1 || c.Pool.Bytes < 1 || c.Block.Idle <= 0 {
			t.Fatalf("%+v (%v)", c, err)
		}
		for _, h := range c.Webhooks {
			if h.Name == "" || h.URL == "" || h.Secret == "" {
				t.Fatalf("%+v", h)
			}
		}
	})
}
