package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Dial returns the API of the node at url, such as http://127.0.0.1:8700. A call lasts
// as long as its context; see [WithPatience].
func Dial(url string, options ...connect.ClientOption) pbconnect.LedgerClient {
	return pbconnect.NewLedgerClient(httpClient(), baseURL(url), connect.WithClientOptions(options...), connect.WithCodec(codec{}))
}

// WithPatience gives up calls after so long that have no deadline of their own, but for
// streams: a node may take a connection and never answer.
func WithPatience(d time.Duration) connect.ClientOption {
	return connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			if _, has := ctx.Deadline(); has {
				return next(ctx, req)
			}
			patient, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			res, err := next(patient, req)
			if err == nil || patient.Err() == nil || ctx.Err() != nil {
				return res, err
			}
			if m, ok := req.Any().(*pb.SubmitRequest); ok && len(m.Txs) == 1 {
				return nil, unanswered(m.Txs[0], d)
			}
			return nil, connect.NewError(connect.CodeDeadlineExceeded, fmt.Errorf("the node gave no answer within %s; try again, or ask another node", d))
		}
	}))
}

func baseURL(url string) string {
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	return strings.TrimRight(url, "/")
}

func httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &http.Client{Transport: transport}
}

// codec is the fast generated encoding in place of the reflecting one.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(m any) ([]byte, error) { return state.Encode(m.(state.Record)), nil }

func (codec) Unmarshal(b []byte, m any) error { return m.(state.Record).UnmarshalVT(b) }

// Refusal is a transaction that was refused.
type Refusal struct {
	Tx   *pb.TxRecord
	Code pb.Code
}

// Error says what was wrong.
func (r *Refusal) Error() string {
	if n := r.Tx.Result.FailedOp; n > 0 {
		return fmt.Sprintf("%s (%s, operation %d)", r.Tx.Result.Message, r.Code, n)
	}
	return fmt.Sprintf("%s (%s)", r.Tx.Result.Message, r.Code)
}

// Wallet signs and submits for one party. It may be used by several goroutines.
type Wallet struct {
	API     pbconnect.LedgerClient
	ChainID string
	Party   string
	Keys    []keyfile.Signer
	// Timeout is how long Do and Submit wait for a transaction to become final,
	// retries included; ten seconds where zero. A node that doesn't answer may
	// take five seconds more.
	Timeout time.Duration
}

// New returns a wallet for a party on the node at url.
func New(url, chainID, party string, keys ...keyfile.Signer) *Wallet {
	return &Wallet{API: Dial(url), ChainID: chainID, Party: party, Keys: keys}
}

// Prepare makes and signs a transaction without submitting it.
func (w *Wallet) Prepare(requests ...op.Message) ([]byte, error) {
	return Body{ChainID: w.ChainID, Party: w.Party, Ops: requests}.Sign(w.Keys...)
}

// Do runs requests as one transaction and returns its record when it is final.
// A refused one is a *Refusal.
func (w *Wallet) Do(ctx context.Context, requests ...op.Message) (*pb.TxRecord, error) {
	tx, err := w.Prepare(requests...)
	if err != nil {
		return nil, err
	}
	return w.Submit(ctx, tx)
}

// Response decodes the response of a record's i-th operation.
func Response[R any, P interface {
	*R
	op.Message
}](r *pb.TxRecord, i int) (P, error) {
	if i >= len(r.Result.GetResponses()) {
		return nil, fmt.Errorf("client: the transaction has no response %d", i)
	}
	p := P(new(R))
	return p, p.UnmarshalVT(r.Result.Responses[i])
}

// Do1 runs one request and returns its response.
func Do1[R any, P interface {
	*R
	op.Message
}](ctx context.Context, w *Wallet, request op.Message) (P, *pb.TxRecord, error) {
	r, err := w.Do(ctx, request)
	if err != nil {
		return nil, r, err
	}
	p, err := Response[R, P](r, 0)
	return p, r, err
}
