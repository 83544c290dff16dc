package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

const service = "/troth.v1.Ledger/"

// call posts as curl would.
func call(t *testing.T, n *testnode.Node, path, contentType, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// clients are the ways to speak to a node.
func clients(n *testnode.Node) map[string]pbconnect.LedgerClient {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	h2c := &http.Client{Transport: transport}
	return map[string]pbconnect.LedgerClient{
		"connect":      n.API,
		"connect json": pbconnect.NewLedgerClient(http.DefaultClient, n.URL, connect.WithProtoJSON()),
		"grpc":         pbconnect.NewLedgerClient(h2c, n.URL, connect.WithGRPC()),
		"grpc json":    pbconnect.NewLedgerClient(h2c, n.URL, connect.WithGRPC(), connect.WithProtoJSON()),
		"grpc-web":     pbconnect.NewLedgerClient(http.DefaultClient, n.URL, connect.WithGRPCWeb()),
	}
}

// TestProtocols: every protocol reads, streams, and learns an error's number.
func TestProtocols(t *testing.T) {
	n := testnode.Start(t)
	for name, c := range clients(n) {
		t.Run(name, func(t *testing.T) {
			s, err := c.GetStatus(t.Context(), connect.NewRequest(&pb.GetStatusRequest{}))
			if err != nil || s.Msg.ChainId != n.ChainID || s.Msg.Protocol != 1 {
				t.Fatalf("%v, %v", s, err)
			}
			_, err = c.GetPromise(t.Context(), connect.NewRequest(&pb.GetRequest{Id: "pr_x"}))
			if d := detail(t, err); connect.CodeOf(err) != connect.CodeNotFound || d.Code != pb.Code_NOT_FOUND || d.RequestId == "" || !strings.Contains(d.Message, "pr_x") {
				t.Errorf("%v, %v", err, d)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w, err := c.Watch(ctx, connect.NewRequest(&pb.WatchRequest{Tables: []string{"holdings"}}))
			if err != nil || !w.Receive() {
				t.Fatalf("watch: %v, %v", err, w)
			}
			if _, err := n.Ada.Do(ctx, &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)}); err != nil {
				t.Fatal(err)
			}
			if !w.Receive() || len(w.Msg().Changes) != 2 {
				t.Errorf("watch: %v, %v", w.Msg(), w.Err())
			}
		})
	}
}

// detail is the number that an error carries. Beside it there is nothing but,
// where coming again is of use, when to: a RetryInfo, and the header that says
// the same.
func detail(t *testing.T, err error) *pb.ErrorDetail {
	t.Helper()
	var ce *connect.Error
	if !errors.As(err, &ce) || len(ce.Details()) == 0 {
		t.Fatalf("%v has no detail", err)
	}
	var all []proto.Message
	for _, d := range ce.Details() {
		m, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	e, ok := all[0].(*pb.ErrorDetail)
	if !ok {
		t.Fatalf("the first detail of %v is %v", err, all[0])
	}
	again := e.Code == pb.Code_RATE_LIMITED || e.Code == pb.Code_BUSY
	if !again {
		if len(all) != 1 || ce.Meta().Get("Retry-After") != "" {
			t.Errorf("%s: details %v and the header %v, want the number alone", e.Code, all, ce.Meta())
		}
		return e
	}
	if len(all) != 2 {
		t.Fatalf("%s: details %v, want the number and when to come again", e.Code, all)
	}
	wait, ok := all[1].(*errdetails.RetryInfo)
	if !ok || wait.RetryDelay.AsDuration() <= 0 || ce.Meta().Get("Retry-After") != strconv.Itoa(node.WaitSeconds(wait.RetryDelay.AsDuration())) {
		t.Errorf("%s: come again after %v, header %v", e.Code, all[1], ce.Meta())
	}
	return e
}

// TestJSON: plain JSON over HTTP.
func TestJSON(t *testing.T) {
	n := testnode.Start(t)
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		method, kind, body string
		status             int
		want               string
	}{
		{"GetStatus", "application/json", `{}`, 200, `"chainId":"troth-test"`},
		{"GetStatus", "application/json; charset=utf-8", `{}`, 200, `"pool":0`},
		{"GetParty", "application/json", `{"id":"@bank"}`, 200, `"handle":"bank"`},
		{"GetParty", "application/json", `{"id":"@nobody"}`, 404, `nobody has the handle @nobody`},
		{"GetParty", "application/json", `{"id":"` + long + `"}`, 400, `at most 256 bytes`},
		{"GetParty", "application/json", `{"id":"a\u0000b"}`, 400, `no zero byte`},
		{"ListAssets", "application/json", `{"issuer":"@nobody"}`, 404, `@nobody`},
		{"ListAssets", "application/json", `{"page":{"size":501}}`, 400, `at most 500`},
		{"ListAssets", "application/json", `{"page":{"token":"#"}}`, 400, `page token`},
		{"ListSettlements", "application/json", `{"promise":"x"}`, 404, `no promise`},
		{"ListHistory", "application/json", `{}`, 400, `history of what`},
		{"ListPromises", "application/json", `{}`, 400, `at least one`},
		{"GetTx", "application/json", `{"id":"12"}`, 400, `64 hexadecimal`},
		{"GetTx", "application/json", `{"id":"` + strings.Repeat("0", 64) + `"}`, 404, `no transaction`},
		{"GetParty", "application/json", `{"name":"x"}`, 400, `unknown field`},
		{"GetParty", "application/json", `{"id":`, 400, `unmarshal`},
		{"GetParty", "application/json", ``, 400, `no JSON`},
		{"GetParty", "application/proto", "\xff\xff", 400, `unmarshal`},
		{"GetParty", "application/proto", "\xfa\x7f\x01a", 400, `doesn't know`},
		{"GetParty", "text/plain", `{}`, 415, `"type":"troth.v1.ErrorDetail"`},
		{"Nothing", "application/json", `{}`, 404, `"type":"troth.v1.ErrorDetail"`},
		{"ListFacts", "application/json", `{"subject":"parcel:1","options":{"prove":true}}`, 200, `"signedHeader":`},
		{"Submit", "application/json", `{}`, 400, `1 to 2000`},
		{"Submit", "application/json", `{"txs":["AAAA"],"timeout":"61s"}`, 400, `at most 1m0s`},
		{"Submit", "application/json", `{"txs":["AAAA"],"timeout":"-1s"}`, 400, `not above 0`},
		{"Submit", "application/json", `{"txs":["` + strings.Repeat("AAAA", 5<<20) + `"]}`, 400, `larger than 16777216 bytes`},
	} {
		status, body, h := call(t, n, service+c.method, c.kind, c.body)
		// The encoder puts spaces where it likes.
		if status != c.status || !strings.Contains(strings.ReplaceAll(body, `": `, `":`), c.want) {
			t.Errorf("%s %.60s: %d %.200s, want %d with %q", c.method, c.body, status, body, c.status, c.want)
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", c.method)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	n := testnode.Start(t)
	for given, kept := range map[string]bool{"order-77_a": true, "": false, "with space": false, strings.Repeat("x", 65): false} {
		_, body, h := call(t, n, service+"GetPromise", "application/json", `{"id":"x"}`, "X-Request-Id", given)
		got := h.Get("X-Request-Id")
		if got == "" || (got == given) != kept {
			t.Errorf("%q became %q", given, got)
		}
		var e struct{ Details []struct{ Value string } }
		if err := json.Unmarshal([]byte(body), &e); err != nil || len(e.Details) != 1 {
			t.Fatalf("%v: %s", err, body)
		}
		raw, err := base64.RawStdEncoding.DecodeString(e.Details[0].Value)
		if err != nil || !bytes.Contains(raw, []byte(got)) {
			t.Errorf("the error doesn't name the request %q: %q", got, raw)
		}
	}
}

func TestCORS(t *testing.T) {
	n := testnode.Start(t)
	ask := func(method, origin string) http.Header {
		req, _ := http.NewRequestWithContext(t.Context(), method, n.URL+service+"GetStatus", nil)
		if origin != "" {
			req.Header.Set("Origin", origin)
			req.Header.Set("Access-Control-Request-Method", "POST")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.Header
	}
	if h := ask(http.MethodOptions, "https://a.example"); h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Connect-Protocol-Version") {
		t.Errorf("%v", h)
	}
	n.Restart(onlyOrigin("https://a.example"))
	if h := ask(http.MethodPost, "https://a.example"); h.Get("Access-Control-Allow-Origin") != "https://a.example" || h.Get("Vary") != "Origin" {
		t.Errorf("%v", h)
	}
	for _, origin := range []string{"https://b.example", "null", ""} {
		if h := ask(http.MethodOptions, origin); h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%q may call: %v", origin, h)
		}
	}
	if h := ask(http.MethodOptions, "https://a.example"); strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Error("a page could speak as the operator")
	}
}

// TestDescriptions: a node says what it speaks.
func TestDescriptions(t *testing.T) {
	n := testnode.Start(t)
	for path, want := range map[string]string{"/openapi.yaml": "openapi: 3", "/schema.binpb": "troth/v1/api.proto", "/healthz": "ok height"} {
		res, err := http.Get(n.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 200 || !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s: %d, %.60q", path, res.StatusCode, b)
		}
	}
}
