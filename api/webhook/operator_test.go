package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/internal/testnode"
)

func now() *timestamppb.Timestamp { return timestamppb.Now() }

// operate calls the operator's part of the API.
func operate(t *testing.T, n *testnode.Node, method, path string, into any) error {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(n.Home, api.OperatorToken))
	if err != nil {
		t.Fatal(err)
	}
	return operateAs(t, n, strings.TrimSpace(string(token)), method, path, into)
}

func operateAs(t *testing.T, n *testnode.Node, token, method, path string, into any) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, n.URL+"/operator/webhooks"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w %d", errStatus, res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// TestDeadLetters: what is refused until the end is kept, listed, and sent again
// when the operator says so.
func TestDeadLetters(t *testing.T) {
	r := newReceiver(t)
	r.answer = func(received, int) int { return http.StatusBadRequest }
	n := testnode.Start(t, r.on("shop"))
	var status []webhook.Status
	for range 500 {
		if err := operate(t, n, http.MethodGet, "", &status); err != nil {
			t.Fatal(err)
		}
		if status[0].Dead == 4 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s := status[0]; s.Dead != 4 || s.Waiting != 0 || !strings.Contains(s.Error, "400") {
		t.Fatalf("%+v", s)
	}
	var letters []webhook.Letter
	if err := operate(t, n, http.MethodGet, "/shop/dead", &letters); err != nil || len(letters) != 4 {
		t.Fatalf("%v, %d letters", err, len(letters))
	}
	if l := letters[0]; l.Attempts != 4 || l.Type != "io.troth.holding.created" || !strings.Contains(string(l.Event), l.Subject) {
		t.Errorf("%+v", l)
	}
	n.Restart() // they last
	r.mu.Lock()
	r.answer = nil
	r.mu.Unlock()
	var done struct{ Retried int }
	if err := operate(t, n, http.MethodPost, "/shop/retry?id="+letters[2].ID, &done); err != nil || done.Retried != 1 {
		t.Fatalf("%v, %+v", err, done)
	}
	if got := r.wait(1)[0]; got.WebhookID != letters[2].ID {
		t.Errorf("%s came, not %s", got.WebhookID, letters[2].ID)
	}
	if err := operate(t, n, http.MethodPost, "/shop/retry", &done); err != nil || done.Retried != 3 {
		t.Fatalf("%v, %+v", err, done)
	}
	r.wait(4)
	if err := operate(t, n, http.MethodGet, "/shop/dead", &letters); err != nil || len(letters) != 0 {
		t.Errorf("%v, %d letters left", err, len(letters))
	}
}

// TestOperatorOnly: without the token nobody learns anything.
func TestOperatorOnly(t *testing.T) {
	n := testnode.Start(t)
	for _, token := range []string{"", "x", strings.Repeat("0", 64)} {
		if err := operateAs(t, n, token, http.MethodGet, "", nil); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("token %q: %v", token, err)
		}
	}
	for path, want := range map[string]string{"/nobody/dead": "404"} {
		if err := operate(t, n, http.MethodGet, path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	info, err := os.Stat(filepath.Join(n.Home, api.OperatorToken))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestGone: a receiver that says 410 is not asked about the event again.
func TestGone(t *testing.T) {
	r := newReceiver(t)
	r.answer = func(received, int) int { return http.StatusGone }
	n := testnode.Start(t, r.on("shop"))
	var letters []webhook.Letter
	for range 300 {
		if err := operate(t, n, http.MethodGet, "/shop/dead", &letters); err != nil {
			t.Fatal(err)
		}
		if len(letters) == 4 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, l := range letters {
		if l.Attempts != 1 || r.tries[l.ID] != 1 {
			t.Errorf("%+v", l)
		}
	}
	if len(letters) != 4 {
		t.Errorf("%d letters, not 4", len(letters))
	}
}
