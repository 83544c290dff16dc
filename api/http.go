package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// requestID is the id of the request that a context belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// withRequestID gives every request an id: the caller's, if it has the form of
// one, or a new one. It is in the answer's header, in errors and in the log.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			var b [8]byte
			_, _ = rand.Read(b[:])
			id = hex.EncodeToString(b[:])
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

func isRequestID(id string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	return strings.IndexFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_')
	}) < 0
}

// writePatience is how long one piece of an answer may take to be sent. A reader
// who stopped reading doesn't keep a stream open for ever.
var writePatience = 30 * time.Second

// paced gives every write its own deadline, whatever the whole answer takes.
type paced struct {
	http.ResponseWriter
	to *http.ResponseController
}

func withPace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		ctx := context.WithValue(r.Context(), controllerKey{}, c)
		next.ServeHTTP(&paced{w, c}, r.WithContext(ctx))
	})
}

func (p *paced) Write(b []byte) (int, error) {
	_ = p.to.SetWriteDeadline(time.Now().Add(writePatience)) // not every writer has one
	return p.ResponseWriter.Write(b)
}

// Flush implements http.Flusher, which streams need.
func (p *paced) Flush() {
	_ = p.to.SetWriteDeadline(time.Now().Add(writePatience))
	_ = p.to.Flush()
}

// Unwrap is for http.ResponseController.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

type controllerKey struct{}

// readAll lifts the deadline for reading a request that has been read: on
// HTTP/1 it would end a stream's answer.
func readAll(ctx context.Context) {
	if c, ok := ctx.Value(controllerKey{}).(*http.ResponseController); ok {
		_ = c.SetReadDeadline(time.Time{})
	}
}

// withCORS lets web pages of the given origins call the API.
func withCORS(origins []string, next http.Handler) http.Handler {
	anyOrigin := slices.Contains(origins, "*")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && (anyOrigin || slices.Contains(origins, origin)) {
			h := w.Header()
			if anyOrigin {
				h.Set("Access-Control-Allow-Origin", "*")
			} else {
				h.Set("Access-Control-Allow-Origin", origin)
				h.Add("Vary", "Origin")
			}
			h.Set("Access-Control-Expose-Headers", requestIDHeader+", Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
			if r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
				h.Set("Access-Control-Allow-Headers", "Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, X-Grpc-Web, X-User-Agent, Grpc-Timeout, "+requestIDHeader)
				h.Set("Access-Control-Max-Age", "7200")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// readTimeout bounds a read, proofs included.
const readTimeout = 10 * time.Second

// intercept bounds every unary call in time and gives errors their number.
func (s *Server) intercept() connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			wasRead(ctx)
			limit := readTimeout
			if req.Spec().Procedure == pbconnect.LedgerSubmitProcedure {
				limit = timeoutMax + 5*time.Second
			}
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			res, err := next(ctx, req)
			if err != nil {
				return nil, s.toConnect(ctx, req.Spec().Procedure, err)
			}
			return res, nil
		}
	}
}
