package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestWebhookScripts runs the operator's commands against a real node with one
// webhook, shop, whose receiver says 410 to everything until the script's heal.
func TestWebhookScripts(t *testing.T) {
	var healed atomic.Bool
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !healed.Load() {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer receiver.Close()
	n := testnode.Start(t, func(c *node.Config) {
		if err := os.WriteFile(filepath.Join(c.Home, "keys", "shop.secret"), []byte("a secret of the tests"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Webhooks = []node.Webhook{{Name: "shop", URL: receiver.URL, Secret: "keys/shop.secret", Tables: []string{"holdings"}}}
	})
	o := &operator{home: n.Home, url: n.URL}
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"heal": func(*testscript.TestScript, bool, []string) { healed.Store(true) },
		// dead N waits until so many letters are dead, and nothing waits.
		"dead": func(ts *testscript.TestScript, _ bool, args []string) {
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			var all []webhook.Status
			for range 1000 {
				all, err = o.status(t.Context())
				ts.Check(err)
				if all[0].Dead == want && all[0].Waiting == 0 {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			ts.Fatalf("%+v, not %d dead", all, want)
		},
		// letter NAME puts a dead letter's id into a variable.
		"letter": func(ts *testscript.TestScript, _ bool, args []string) {
			var letters []webhook.Letter
			ts.Check(o.call(t.Context(), http.MethodGet, "/shop/dead", &letters))
			ts.Setenv(args[0], letters[0].ID)
		},
	}
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{Dir: "testdata/webhooks", Cmds: commands, Setup: func(e *testscript.Env) error {
			e.Setenv("NODE", n.URL)
			e.Setenv("NODE_HOME", n.Home)
			return nil
		}})
	})
}
