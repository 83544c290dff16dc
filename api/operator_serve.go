package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/troth-ledger/troth/node"
)

// ListenOperator takes the address for the operator's handlers; nil where none
// is configured. A taken port is said by name.
func ListenOperator(c *node.Config) (net.Listener, error) {
	addr := c.OperatorListen()
	if addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't serve metrics and health at %s: %w; stop what uses the port, or set operator.listen in %s", addr, err, node.ConfigFile)
	}
	return l, nil
}

// newOperator makes the server for metrics, health and, where asked for,
// profiles.
func (s *Server) newOperator(c *node.Config) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.node.Registry(), promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: readTimeout}))
	s.probes(mux)
	if c.Operator.Pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: readPatience, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
}

// ServeOperator serves metrics, health and profiles until Stop; nothing where l
// is nil.
func (s *Server) ServeOperator(l net.Listener) error {
	if l == nil {
		return nil
	}
	if err := s.operating.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// probes adds what says how the node is: /healthz answers as long as the process
// can, and /readyz says with its status whether to send somebody here.
func (s *Server) probes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h := s.node.Health()
		select {
		case <-s.done:
			h.Ready, h.Reasons = false, append(h.Reasons, "the API is stopping")
		default:
		}
		status := http.StatusOK
		if !h.Ready {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, h)
	})
}

// NodeStatus is what a node tells its operator beside what it tells everybody.
type NodeStatus struct {
	node.Health
	node.Usage
}
