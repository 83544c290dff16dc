package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

func TestMain(m *testing.M) {
	webhook.Default = webhook.Schedule{First: 5 * time.Millisecond, Max: 40 * time.Millisecond, Pause: 20 * time.Millisecond,
		Timeout: time.Second, Attempts: 4, Age: time.Hour}
	os.Exit(m.Run())
}

const secret = "a secret of the tests"

// received is an event as a receiver has it.
type received struct {
	WebhookID   string `json:"-"`
	SpecVersion string
	ID          string
	Source      string
	Type        string
	Subject     string
	Time        time.Time
	Data        struct {
		Table, ID     string
		Height        int64
		About         []string
		Before, After map[string]any
		From          int64 `json:"from_height"`
		To            int64 `json:"to_height"`
	}
}

// receiver is somebody's server. answer decides on the status; 200 where nil.
type receiver struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	events []received
	tries  map[string]int
	answer func(e received, try int) int
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, tries: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	id, at := req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); req.Header.Get("webhook-signature") != want {
		r.t.Errorf("signature %q, want %q", req.Header.Get("webhook-signature"), want)
	}
	if got := req.Header.Get("Content-Type"); got != "application/cloudevents+json; charset=utf-8" {
		r.t.Errorf("content type %q", got)
	}
	var e received
	if err := json.Unmarshal(body, &e); err != nil {
		r.t.Errorf("%v: %s", err, body)
	}
	e.WebhookID = id
	r.mu.Lock()
	r.tries[id]++
	status := http.StatusOK
	if r.answer != nil {
		status = r.answer(e, r.tries[id])
	}
	// What was taken comes again where the node stopped before it noted so.
	if status < 300 && !slices.ContainsFunc(r.events, func(had received) bool { return had.WebhookID == id }) {
		r.events = append(r.events, e)
	}
	r.mu.Unlock()
	w.WriteHeader(status)
}

// wait returns the events so far, once there are n.
func (r *receiver) wait(n int) []received {
	r.t.Helper()
	for range 1000 {
		r.mu.Lock()
		got := append([]received(nil), r.events...)
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("%d events came, not %d", len(r.events), n)
	return nil
}

// on configures a webhook to the receiver.
func (r *receiver) on(name string, change ...func(*node.Webhook)) func(*node.Config) {
	return func(c *node.Config) {
		path := filepath.Join(c.Home, "keys", name+".secret")
		if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
			r.t.Fatal(err)
		}
		w := node.Webhook{Name: name, URL: r.URL, Secret: "keys/" + name + ".secret", Tables: []string{"holdings"}}
		for _, f := range change {
			f(&w)
		}
		c.Webhooks = append(c.Webhooks, w)
	}
}

func off(c *node.Config) { c.Webhooks = nil }

func ids(list ...string) func(*node.Webhook) { return func(w *node.Webhook) { w.IDs = list } }

// pay moves a cent from Ada to Ben: two holdings change.
func pay(t *testing.T, n *testnode.Node) *pb.TxRecord {
	t.Helper()
	r, err := n.Ada.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
