package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

const hookSecret = "what the sender signs with"

// carriers is a node that takes both senders' webhooks.
func carriers(t *testing.T) *testnode.Node {
	n := testnode.Start(t)
	key := n.KeyFile("carrier")
	if err := os.WriteFile(filepath.Join(n.Home, "keys", "hook.secret"), []byte(hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Restart(func(c *node.Config) {
		for _, format := range []string{"aftership", "easypost"} {
			c.Carriers = append(c.Carriers, node.Carrier{Name: format, Format: format, Secret: "keys/hook.secret", Key: key, Subject: "parcel:{tracking}"})
		}
	})
	return n
}

// post sends a signed webhook.
func post(t *testing.T, n *testnode.Node, format, body string) (int, map[string]any) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	sum := mac.Sum(nil)
	status, answer, _ := call(t, n, "/hooks/"+format, "application/json", body,
		"Aftership-Hmac-Sha256", base64.StdEncoding.EncodeToString(sum), "X-Hmac-Signature", "hmac-sha256-hex="+hex.EncodeToString(sum))
	var out map[string]any
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return status, out
}

func afterShip(tag, at string) string {
	return `{"ts":1,"event":"tracking_update","event_id":"5b0d1f2e-3c1a","msg":{"tracking_number":"JD014600003","slug":"swiftparcel","tag":"` + tag +
		`","checkpoints":[{"checkpoint_time":"` + at + `","tag":"` + tag + `","raw_tag":"DLV","city":"Aarhus","message":"Handed to Ada"}]}}`
}

// TestCarrierHooks: a webhook is a final fact when it is answered, and the same
// fact when it comes again.
func TestCarrierHooks(t *testing.T) {
	n := carriers(t)
	at := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	status, first := post(t, n, "aftership", afterShip("Delivered", at))
	if status != 200 {
		t.Fatalf("%d %v", status, first)
	}
	f, err := n.API.GetFact(t.Context(), connect.NewRequest(&pb.GetRequest{Id: first["fact"].(string)}))
	if err != nil {
		t.Fatal(err)
	}
	st := f.Msg.Fact.Statement
	if f.Msg.Fact.Attester != n.Carrier.Party || st.Subject != "parcel:JD014600003" || st.Kind != "delivered" || st.At.AsTime().Format(time.RFC3339) != at {
		t.Errorf("%v", f.Msg.Fact)
	}
	if s := st.String(); strings.Contains(s, "Aarhus") || strings.Contains(s, "Ada") {
		t.Errorf("somebody's data is on the ledger: %s", s)
	}
	if status, again := post(t, n, "aftership", afterShip("Delivered", at)); status != 200 || again["fact"] != first["fact"] {
		t.Errorf("sent again: %d %v", status, again)
	}
	status, easy := post(t, n, "easypost", `{"id":"evt_1","description":"tracker.updated","mode":"production","result":{"tracking_code":"EZ1","status":"in_transit","updated_at":"`+at+`"}}`)
	if status != 200 || easy["fact"] == nil {
		t.Errorf("%d %v", status, easy)
	}
	r, err := n.API.ListFacts(t.Context(), connect.NewRequest(&pb.ListFactsRequest{Subject: "parcel:JD014600003"}))
	if err != nil || len(r.Msg.Facts) != 1 {
		t.Errorf("%v: %d facts, not 1", err, len(r.Msg.Facts))
	}
}

func TestCarrierHooksRefuse(t *testing.T) {
	n := carriers(t)
	at := time.Now().UTC().Format(time.RFC3339)
	for _, c := range []struct {
		format, body string
		status       int
		want         string
	}{
		{"nobody", "{}", 404, "NOT_FOUND"},
		{"aftership", "{}", 400, "INVALID"},
		{"aftership", "not json", 400, "INVALID"},
		{"aftership", strings.Repeat(" ", 257<<10), 413, "TOO_LARGE"},
		{"aftership", afterShip("Delivered", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), 503, "BUSY"},
		{"aftership", afterShip("Flown", at), 400, "INVALID"},
		{"easypost", `{"id":"e","description":"tracker.updated","mode":"test","result":{"tracking_code":"E","status":"delivered","updated_at":"` + at + `"}}`, 200, ""},
		{"aftership", `{"event":"edd_revise","msg":{}}`, 200, ""},
	} {
		status, out := post(t, n, c.format, c.body)
		if got, _ := out["code"].(string); status != c.status || got != c.want {
			t.Errorf("%s %.60s: %d %v, want %d %s", c.format, c.body, status, out, c.status, c.want)
		}
		if status == 200 && (out["ignored"] == nil || out["fact"] != nil) {
			t.Errorf("%.60s: %v", c.body, out)
		}
	}
	status, answer, _ := call(t, n, "/hooks/aftership", "application/json", afterShip("Delivered", at), "Aftership-Hmac-Sha256", "AAAA")
	if status != 401 || !strings.Contains(answer, "BAD_SIGNATURE") || strings.Contains(answer, hookSecret) {
		t.Errorf("%d %s", status, answer)
	}
	if r, err := n.API.ListFacts(t.Context(), connect.NewRequest(&pb.ListFactsRequest{Subject: "parcel:JD014600003"})); err != nil || len(r.Msg.Facts) != 0 {
		t.Errorf("%v: %d facts, not 0", err, len(r.Msg.Facts))
	}
}
