package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/node"
)

// Limits of the API.
const (
	// requestMax is the largest request, in bytes.
	requestMax = 16 << 20
	// submitMax is the most transactions in one Submit.
	submitMax = 2000
	// timeoutDefault and timeoutMax bound how long Submit waits.
	timeoutDefault = 10 * time.Second
	timeoutMax     = time.Minute
	// pageDefault and pageMax bound a list's page.
	pageDefault = 50
	pageMax     = 500
)

// Server serves one node.
type Server struct {
	node    *node.Node
	log     *slog.Logger
	version string
	http    *http.Server
	mux     *http.ServeMux
}

// New returns a server for a node. version is the program's.
func New(n *node.Node, c *node.Config, version string, log *slog.Logger) *Server {
	s := &Server{node: n, log: log, version: version, mux: http.NewServeMux()}
	path, handler := pbconnect.NewLedgerHandler(s,
		connect.WithReadMaxBytes(requestMax),
		connect.WithCodec(codec{}),
		connect.WithInterceptors(s.intercept()))
	s.mux.Handle(path, handler)
	s.mux.HandleFunc("GET /healthz", s.health)
	s.http = &http.Server{
		Handler:           withCORS(c.API.Origins, withRequestID(s.mux)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	// gRPC needs HTTP/2, which without TLS is a thing to ask for.
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// Mux is where other handlers, such as the pages, are added before Serve.
func (s *Server) Mux() *http.ServeMux { return s.mux }

// Listen takes the address. A taken port is said by name.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't serve the API at %s: %w; stop what uses the port, or set api.listen in %s", addr, err, node.ConfigFile)
	}
	return l, nil
}

// Serve serves until Stop.
func (s *Server) Serve(l net.Listener) error {
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Stop lets requests under way finish, for a while.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	v := s.node.View()
	defer v.Release()
	fmt.Fprintf(w, "ok height %d\n", v.Height())
}
