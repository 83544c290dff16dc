package api

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"
	fast "github.com/klauspost/compress/gzip"

	"github.com/troth-ledger/troth/api/webhook"
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
	// idMax is the longest id, in bytes: that of a holding is the longest of all.
	idMax = 256
)

// gzipLevel is the one that is fastest and smallest for answers, of which most is
// hashes (BenchmarkGzip): those get no shorter at any level.
const gzipLevel = 2

// compressMin is how many bytes an answer has that is worth compressing: less goes in
// one packet as it is, and compressing the record of one transaction took a twentieth
// of a node's time at ten thousand requests a second.
const compressMin = 1200

// uncompressed has the answer to Submit go as it is. A long one goes to a company's
// server, which sent many transactions; most of it is hashes, and to compress them took a
// fortieth of a node's time.
func uncompressed(spec connect.Spec) []connect.HandlerOption {
	if spec.Procedure != pbconnect.LedgerSubmitProcedure {
		return nil
	}
	return []connect.HandlerOption{connect.WithCompressMinBytes(math.MaxInt)}
}

// fastGzip compresses answers, where a client takes them so.
func fastGzip() connect.Compressor {
	w, err := fast.NewWriterLevel(io.Discard, gzipLevel)
	if err != nil {
		panic(err) // there is such a level
	}
	return w
}

// Server serves one node.
type Server struct {
	node    *node.Node
	log     *slog.Logger
	version string
	http    *http.Server
	mux     *http.ServeMux
	hooks   *webhook.Dispatcher // nil where none is configured
	token   string              // of the operator
	limits  *limits
	traffic *traffic
	logAll  bool // every request at info

	operating *http.Server  // metrics, health, profiles
	err       error         // why it can't serve
	done      chan struct{} // closed when it stops, for streams
	once      sync.Once
}

// New returns a server for a node. version is the program's.
func New(n *node.Node, c *node.Config, version string, log *slog.Logger) *Server {
	s := &Server{node: n, log: log, version: version, mux: http.NewServeMux(), done: make(chan struct{}), logAll: c.Log.Requests, limits: &limits{}}
	path, handler := pbconnect.NewLedgerHandler(s,
		connect.WithReadMaxBytes(requestMax),
		connect.WithCompressMinBytes(compressMin),
		connect.WithConditionalHandlerOptions(uncompressed),
		connect.WithCompression("gzip", func() connect.Decompressor { return new(gzip.Reader) }, fastGzip),
		connect.WithCodec(codec{}),
		connect.WithCodec(jsonCodec{"json"}),
		connect.WithCodec(jsonCodec{"json; charset=utf-8"}),
		connect.WithInterceptors(s.intercept()),
		connect.WithRecover(s.recovered))
	s.mux.Handle(path, s.withNumbers(handler))
	s.probes(s.mux)
	s.describe()
	s.operate()
	s.err = s.open(c)
	s.register(n)
	s.operating = s.newOperator(c)
	s.http = &http.Server{
		Handler:           withPace(withRequestID(s.withVisit(withCORS(c.API.Origins, s.withLimit(s.mux))))),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       readPatience,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	// gRPC needs HTTP/2, which without TLS is a thing to ask for.
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// readPatience is how long a request may take to arrive.
var readPatience = 30 * time.Second

// open opens what the API has on disk: keys, secrets, queues.
func (s *Server) open(c *node.Config) (err error) {
	l, err := newLimits(c)
	if err != nil {
		return err
	}
	s.limits = l
	if err := s.receive(c); err != nil {
		return err
	}
	if s.token, err = newOperatorToken(c.Home); err != nil {
		return err
	}
	s.hooks, err = webhook.Open(s.node, c, s.log)
	return err
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

// Serve serves until Stop. Where what New opened could not be opened, it says so
// and serves nothing.
func (s *Server) Serve(l net.Listener) error {
	if s.err != nil {
		_ = l.Close()
		return s.err
	}
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Stop ends streams, lets requests under way finish for a while, and closes the
// webhooks' queue.
func (s *Server) Stop(ctx context.Context) (err error) {
	s.once.Do(func() {
		close(s.done)
		if s.http.Shutdown(ctx) != nil {
			err = s.http.Close()
		}
		err = errors.Join(err, s.hooks.Close(), s.operating.Close())
	})
	return err
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	v := s.node.View()
	defer v.Release()
	fmt.Fprintf(w, "ok height %d\n", v.Height())
}
