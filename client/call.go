package client

import (
	"context"
	"net/http"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Conn calls a node's unary rpcs by name, for programs that know the schema
// and not the types.
type Conn struct {
	url     string
	http    *http.Client
	options []connect.ClientOption
}

// NewConn returns a connection to the node at url. A call lasts as long as its context;
// see [WithPatience].
func NewConn(url string, options ...connect.ClientOption) *Conn {
	return &Conn{baseURL(url), httpClient(), options}
}

// Call calls an rpc of the Ledger service, such as GetPromise, and reads its
// answer into res.
func (c *Conn) Call(ctx context.Context, rpc string, req, res op.Message) error {
	call := connect.NewClient[envelope, envelope](c.http, c.url+"/troth.v1.Ledger/"+rpc,
		connect.WithClientOptions(c.options...),
		connect.WithCodec(envelopeCodec{}),
		connect.WithResponseInitializer(func(_ connect.Spec, m any) error {
			m.(*envelope).m = res
			return nil
		}))
	_, err := call.CallUnary(ctx, connect.NewRequest(&envelope{req}))
	return err
}

// envelope is a message of a type known when the program runs.
type envelope struct{ m op.Message }

// envelopeCodec is codec for what is in envelopes.
type envelopeCodec struct{}

func (envelopeCodec) Name() string { return "proto" }

func (envelopeCodec) Marshal(m any) ([]byte, error) { return state.Encode(m.(*envelope).m), nil }

func (envelopeCodec) Unmarshal(b []byte, m any) error { return m.(*envelope).m.UnmarshalVT(b) }
