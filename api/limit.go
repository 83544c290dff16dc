package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
	"github.com/troth-ledger/troth/node/rate"
)

const (
	// addressesMax is how many addresses are remembered.
	addressesMax = 1 << 16
	// badCost is what a transaction with a bad signature counts as: it makes the
	// node verify a whole batch one by one.
	badCost = 50
	// forwardedMax is how many hops of X-Forwarded-For are looked at.
	forwardedMax = 16
)

// limits are the API's own limits on addresses.
type limits struct {
	requests *rate.Limiter[netip.Prefix]
	txs      *rate.Limiter[netip.Prefix]
	proxies  []netip.Prefix
	exempt   []netip.Prefix
}

func newLimits(c *node.Config) (*limits, error) {
	proxies, err := node.Networks(c.API.Proxies)
	if err != nil {
		return nil, err
	}
	exempt, err := node.Networks(c.Limits.Exempt)
	if err != nil {
		return nil, err
	}
	return &limits{proxies: proxies, exempt: exempt,
		requests: rate.New[netip.Prefix](c.Limits.Requests, 1, addressesMax),
		txs:      rate.New[netip.Prefix](c.Limits.Txs, submitMax, addressesMax)}, nil
}

// caller is who sent a request, as far as the network says.
type caller struct {
	addr   netip.Addr
	prefix netip.Prefix // what the limits go by
	free   bool         // of limits
}

// caller finds out who sent a request. A proxy that is trusted says for whom it
// asks: the last address in X-Forwarded-For that is no trusted proxy's. What
// stands before that anybody can have written.
func (l *limits) caller(r *http.Request) caller {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return caller{}
	}
	addr := at.Addr().Unmap()
	if within(l.proxies, addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= max(0, len(hops)-forwardedMax); i-- {
			a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			if addr = a.Unmap().WithZone(""); !within(l.proxies, addr) {
				break
			}
		}
	}
	bits := 32
	if addr.Is6() {
		bits = 64 // what one customer of a provider has
	}
	prefix, _ := addr.Prefix(bits)
	return caller{addr: addr, prefix: prefix, free: within(l.exempt, addr)}
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// limited is a refusal that says when to come again.
type limited struct {
	error
	after time.Duration
}

func (l *limited) Unwrap() error { return l.error }

func tooMany(what string, addr netip.Addr, wait time.Duration) error {
	return &limited{op.Errorf(pb.Code_RATE_LIMITED, "this node takes no more %s from %s for now; try again in %s", what, addr, node.Soon(wait)), wait}
}

// request takes a request from its caller's bucket.
func (s *Server) request(c caller) error {
	if c.free {
		return nil
	}
	if wait, ok := s.limits.requests.Take(c.prefix, 1); !ok {
		s.node.Limited(node.LimitRequests, 1)
		return tooMany("requests", c.addr, wait)
	}
	return nil
}

// transactions takes so many transactions from their caller's bucket.
func (s *Server) transactions(ctx context.Context, n int) error {
	c := visitOf(ctx).caller
	if c.free {
		return nil
	}
	if wait, ok := s.limits.txs.Take(c.prefix, n); !ok {
		s.node.Limited(node.LimitTransactions, n)
		return tooMany("transactions", c.addr, wait)
	}
	return nil
}

// judged charges a caller for what cost the node more than it should have, and
// says in the answer's header when to come again where the node refused
// something for now.
func (s *Server) judged(ctx context.Context, txs []*pb.TxRecord, h http.Header) {
	bad, later := 0, false
	for _, t := range txs {
		if t.Height > 0 {
			continue
		}
		switch pb.Code(t.GetResult().GetCode()) {
		case pb.Code_BAD_SIGNATURE, pb.Code_HIGH_S, pb.Code_BAD_ASSERTION:
			bad++
		case pb.Code_RATE_LIMITED, pb.Code_BUSY:
			later = true
		}
	}
	if c := visitOf(ctx).caller; !c.free {
		s.limits.txs.Charge(c.prefix, bad*(badCost-1))
	}
	if later {
		h.Set(retryAfter, "1")
	}
}

// withLimit refuses requests of addresses that send too many, in the caller's
// protocol. Cross-origin preflights are not counted: no caller asked for them.
func (s *Server) withLimit(next http.Handler) http.Handler {
	writer := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.request(visitOf(r.Context()).caller)
		switch {
		case err == nil:
			next.ServeHTTP(w, r)
		case writer.IsSupported(r):
			_ = writer.Write(w, r, s.toConnect(r.Context(), r.URL.Path, err)) // the caller may be gone
		default:
			s.fail(w, r, err)
		}
	})
}
