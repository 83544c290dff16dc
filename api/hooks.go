package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/troth-ledger/troth/api/carrier"
	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
	"github.com/troth-ledger/troth/node"
)

const (
	// hookMax is the largest webhook that is taken, in bytes.
	hookMax = 256 << 10
	// hookWait is how long its sender waits for the fact to be final.
	hookWait = 15 * time.Second
	// hookRetry is when a sender should try again, in seconds.
	hookRetry = "60"
)

// receiver takes one sender's webhooks.
type receiver struct {
	cfg     node.Carrier
	format  carrier.Format
	secrets [][]byte
	zone    *time.Location
	key     *keyfile.Key
}

// stated is the answer to a webhook.
type stated struct {
	// Fact is the fact's id; empty where the webhook states nothing.
	Fact    string `json:"fact,omitempty"`
	Height  int64  `json:"height,omitempty"`
	Ignored string `json:"ignored,omitempty"`
}

// receive adds the handler for carriers' webhooks.
func (s *Server) receive(c *node.Config) error {
	all := map[string]*receiver{}
	for _, cfg := range c.Carriers {
		r, err := newReceiver(cfg, c)
		if err != nil {
			return fmt.Errorf("carrier %s: %w", cfg.Name, err)
		}
		all[cfg.Name] = r
	}
	s.mux.HandleFunc("POST /hooks/{name}", func(w http.ResponseWriter, req *http.Request) {
		r := all[req.PathValue("name")]
		if r == nil {
			s.fail(w, req, op.Errorf(pb.Code_NOT_FOUND, "no carrier %.40q is configured", req.PathValue("name")))
			return
		}
		out, err := s.take(w, req, r)
		if err != nil {
			s.fail(w, req, err)
			return
		}
		answer(w, http.StatusOK, out)
	})
	return nil
}

func newReceiver(cfg node.Carrier, c *node.Config) (*receiver, error) {
	r := &receiver{cfg: cfg, format: carrier.Format(cfg.Format)}
	var err error
	if r.secrets, err = node.ReadSecrets(c.Path(cfg.Secret)); err != nil {
		return nil, err
	}
	if r.zone, err = time.LoadLocation(cfg.Zone); err != nil {
		return nil, err
	}
	if r.key, err = keyfile.Load(c.Path(cfg.Key), ""); err != nil {
		return nil, err
	}
	if r.key.Party == "" {
		return nil, fmt.Errorf("the key file %s names no party; make it with one", cfg.Key)
	}
	return r, nil
}

// take makes a fact of a webhook, and returns once it is final.
func (s *Server) take(w http.ResponseWriter, req *http.Request, r *receiver) (*stated, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, hookMax))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, op.Errorf(pb.Code_TOO_LARGE, "a webhook has at most %d bytes", hookMax)
		}
		return nil, op.Errorf(pb.Code_MALFORMED, "the request broke off")
	}
	if !r.format.Verify(req.Header, body, r.secrets) {
		return nil, op.Errorf(pb.Code_BAD_SIGNATURE, "the signature of the body is missing or not one of %s's secret", r.cfg.Name)
	}
	u, err := r.format.Parse(body, r.zone)
	switch {
	case err != nil:
		return nil, op.Errorf(pb.Code_INVALID, "%v", err)
	case u.Ignored != "":
		return &stated{Ignored: u.Ignored}, nil
	case u.Test && !r.cfg.Test:
		return &stated{Ignored: "an update of the test mode; set test_events of the carrier to take it"}, nil
	}
	st := u.Statement
	st.Subject = carrier.Subject(r.cfg.Subject, u.Tracking)
	if err := fact.Check(st); err != nil {
		return nil, err
	}
	id := fact.ID(r.key.Party, fact.Encode(st))
	if at, ok := s.stands(id); ok {
		return &stated{Fact: id, Height: at}, nil
	}
	ctx, cancel := context.WithTimeout(req.Context(), hookWait)
	defer cancel()
	rec, err := s.state(ctx, r, st)
	if err != nil {
		return nil, err
	}
	if code := pb.Code(rec.Result.Code); code != pb.Code_OK {
		return nil, s.refused(w, req, r, code, rec.Result.Message)
	}
	return &stated{Fact: id, Height: rec.Height}, nil
}

// stands says whether a fact is on the ledger: then a webhook that is sent again
// costs nothing.
func (s *Server) stands(id string) (int64, bool) {
	v := s.node.View()
	defer v.Release()
	return v.Height(), fact.Facts.Has(v, state.Key(id))
}

func (s *Server) state(ctx context.Context, r *receiver, st *pb.Statement) (*pb.TxRecord, error) {
	tx, err := client.Body{ChainID: s.node.ChainID(), Party: r.key.Party,
		Ops: []op.Message{&pb.SubmitFactRequest{Statements: []*pb.Statement{st}}}}.Sign(r.key)
	if err != nil {
		return nil, err
	}
	return s.node.Submit(ctx, [][]byte{tx}, true)[0], nil
}

// refused decides what a sender is told when the ledger refuses its fact: what
// is wrong with the fact stays wrong; anything else may pass when it is sent
// again, or when the operator has put it right.
func (s *Server) refused(w http.ResponseWriter, req *http.Request, r *receiver, code pb.Code, msg string) error {
	switch code {
	case pb.Code_INVALID, pb.Code_MALFORMED, pb.Code_TOO_LARGE:
		return op.Errorf(code, "%s", msg)
	}
	s.log.Warn("a carrier's webhook could not be stated", "carrier", r.cfg.Name, "code", code.String(), "error", msg, "request_id", requestID(req.Context()))
	w.Header().Set("Retry-After", hookRetry)
	return op.Errorf(pb.Code_BUSY, "not final yet: %s (%s); send it again", msg, code)
}
