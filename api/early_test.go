package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// saying is a codec that sends the same bytes whatever it is given.
type saying struct{ name, bytes string }

func (s saying) Name() string                  { return s.name }
func (s saying) Marshal(any) ([]byte, error)   { return []byte(s.bytes), nil }
func (saying) Unmarshal(b []byte, m any) error { return proto.Unmarshal(b, m.(proto.Message)) }

// TestEarlyErrors: what is wrong with a request before it is one of ours has its
// number too, whatever the protocol, for calls and for streams.
func TestEarlyErrors(t *testing.T) {
	n := testnode.Start(t)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	h2c := &http.Client{Transport: transport}
	frob := []connect.ClientOption{connect.WithSendCompression("frob"), connect.WithAcceptCompression("frob",
		func() connect.Decompressor { return new(gzip.Reader) }, func() connect.Compressor { return gzip.NewWriter(io.Discard) })}
	for name, p := range map[string]struct {
		http *http.Client
		kind connect.ClientOption
	}{
		"connect":  {http.DefaultClient, connect.WithClientOptions()},
		"grpc":     {h2c, connect.WithGRPC()},
		"grpc-web": {http.DefaultClient, connect.WithGRPCWeb()},
	} {
		for _, c := range []struct {
			what string
			say  saying
			rpc  string
			opts []connect.ClientOption
			late string // the timeout, as a header
			want pb.Code
		}{
			{what: "no message", say: saying{"proto", "\xff\xff"}, want: pb.Code_MALFORMED},
			{what: "no JSON", say: saying{"json", `{`}, want: pb.Code_MALFORMED},
			{what: "an unknown field", say: saying{"proto", "\xfa\x7f\x01a"}, want: pb.Code_UNKNOWN_FIELD},
			{what: "an unknown field in JSON", say: saying{"json", `{"name":"x"}`}, want: pb.Code_UNKNOWN_FIELD},
			{what: "too large", say: saying{"proto", strings.Repeat("x", 17<<20)}, want: pb.Code_TOO_LARGE},
			{what: "an unknown codec", say: saying{"frob", "x"}, want: pb.Code_MALFORMED},
			{what: "an unknown compression", say: saying{"proto", ""}, opts: frob, want: pb.Code_MALFORMED},
			{what: "a timeout that is none", say: saying{"proto", ""}, late: "soon", want: pb.Code_MALFORMED},
			{what: "no time", say: saying{"proto", ""}, late: "0", want: pb.Code_TIMED_OUT},
			{what: "an unknown rpc", say: saying{"proto", ""}, rpc: "Frob", want: pb.Code_NOT_FOUND},
		} {
			opts := append([]connect.ClientOption{p.kind, connect.WithCodec(c.say)}, c.opts...)
			for rpc, stream := range map[string]bool{"GetParty": false, "Watch": true} {
				if c.rpc != "" {
					rpc = c.rpc
				}
				conn := connect.NewClient[pb.GetRequest, pb.GetPartyResponse](p.http, n.URL+service+rpc, opts...)
				req := connect.NewRequest(&pb.GetRequest{Id: "@bank"})
				if c.late != "" {
					req.Header().Set("Connect-Timeout-Ms", c.late)
					req.Header().Set("Grpc-Timeout", c.late+map[bool]string{true: "m"}[c.late == "0"])
				}
				var err error
				if !stream {
					_, err = conn.CallUnary(t.Context(), req)
				} else if s, serr := conn.CallServerStream(t.Context(), req); serr != nil {
					err = serr
				} else {
					for s.Receive() {
					}
					err = s.Err()
				}
				if client.Detail(err).GetCode() != c.want || client.Detail(err).GetRequestId() == "" {
					t.Errorf("%s, %s, %s: %v with %v, want %s", name, c.what, rpc, err, client.Detail(err), c.want)
				}
			}
		}
	}
}
