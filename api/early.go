package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// What is wrong with a request before it is one of ours (a body that can't be
// read, an unknown content type, a timeout that is no number) Connect answers by
// itself, and no interceptor hears of it. early holds that answer back, until the
// request is known to have been read, so that the caller gets our error instead:
// with its number, in the caller's protocol.
type early struct {
	http.ResponseWriter
	body   io.ReadCloser
	read   bool         // the request was read: what is written goes out
	status int          // held back
	answer bytes.Buffer // held back
	broken error        // why the request could not be read, where it broke off
}

type earlyKey struct{}

// wasRead says that the request of a context was read, and is now being served.
func wasRead(ctx context.Context) {
	if e, ok := ctx.Value(earlyKey{}).(*early); ok {
		e.read = true
	}
}

// withNumbers gives errors that come before the handler their number.
func (s *Server) withNumbers(next http.Handler) http.Handler {
	writer := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &early{ResponseWriter: w, body: r.Body, status: http.StatusOK}
		before := w.Header().Clone()
		r = r.WithContext(context.WithValue(r.Context(), earlyKey{}, e))
		r.Body = e
		next.ServeHTTP(e, r)
		if e.read {
			return
		}
		err := s.toConnect(r.Context(), r.URL.Path, e.why(r))
		clear(w.Header())
		maps.Copy(w.Header(), before)
		_ = writer.Write(&withStatus{w, e.status}, r, err) // the caller may be gone
	})
}

// Read and Close implement io.ReadCloser, as the request's body.
func (e *early) Read(b []byte) (int, error) {
	n, err := e.body.Read(b)
	if err != nil && err != io.EOF {
		e.broken = err
	}
	return n, err
}

func (e *early) Close() error { return e.body.Close() }

func (e *early) WriteHeader(status int) {
	if e.read {
		e.ResponseWriter.WriteHeader(status)
		return
	}
	e.status = status
}

func (e *early) Write(b []byte) (int, error) {
	if e.read {
		return e.ResponseWriter.Write(b)
	}
	return e.answer.Write(b)
}

// Flush implements http.Flusher, which streams need.
func (e *early) Flush() {
	if f, ok := e.ResponseWriter.(http.Flusher); ok && e.read {
		f.Flush()
	}
}

// why is what was wrong, as a numbered error.
func (e *early) why(r *http.Request) error {
	var timeout net.Error
	switch {
	case errors.As(e.broken, &timeout) && timeout.Timeout():
		return op.Errorf(pb.Code_TIMED_OUT, "the request did not arrive within %s", readPatience)
	case e.status == http.StatusUnsupportedMediaType:
		return op.Errorf(pb.Code_MALFORMED, "the content type %.60q is none of those that are understood: application/json, application/proto, and those of Connect streams, gRPC and gRPC-Web", r.Header.Get("Content-Type"))
	case e.status == http.StatusNotFound && e.Header().Get("Grpc-Status") == "" && !json.Valid(e.answer.Bytes()):
		return op.Errorf(pb.Code_NOT_FOUND, "this node has no %.100q", r.URL.Path)
	case e.status == http.StatusMethodNotAllowed:
		return op.Errorf(pb.Code_MALFORMED, "%.20s is not the method for this; POST is", r.Method)
	}
	code, msg := e.said()
	switch code {
	case connect.CodeResourceExhausted:
		return op.Errorf(pb.Code_TOO_LARGE, "the request is larger than %d bytes", requestMax)
	case connect.CodeDeadlineExceeded:
		return context.DeadlineExceeded
	case connect.CodeCanceled:
		return context.Canceled
	}
	if strings.Contains(msg, unknownField) {
		return op.Errorf(pb.Code_UNKNOWN_FIELD, "%s", msg)
	}
	return op.Errorf(pb.Code_MALFORMED, "the request can't be read: %s", msg)
}

// said reads the error that was held back, in whichever protocol it is.
func (e *early) said() (connect.Code, string) {
	for _, prefix := range []string{"", http.TrailerPrefix} {
		n, err := strconv.Atoi(e.Header().Get(prefix + "Grpc-Status"))
		if err != nil {
			continue
		}
		msg := e.Header().Get(prefix + "Grpc-Message")
		if plain, err := url.PathUnescape(msg); err == nil {
			msg = plain
		}
		return connect.Code(n), msg
	}
	type wire struct {
		Code    connect.Code `json:"code"`
		Message string       `json:"message"`
	}
	var m struct {
		wire
		Error wire `json:"error"`
	}
	if json.NewDecoder(e.plain()).Decode(&m) != nil {
		return connect.CodeUnknown, "it is of no form that is understood"
	}
	if m.Error.Code != 0 {
		m.wire = m.Error
	}
	return m.Code, m.Message
}

// plain is the JSON of the answer: the whole, or the last message of a stream,
// after its flags and length.
func (e *early) plain() io.Reader {
	const compressed, head = 1, 5
	b := e.answer.Bytes()
	if len(b) < head || b[0] == '{' {
		return bytes.NewReader(b)
	}
	if b[0]&compressed == 0 {
		return bytes.NewReader(b[head:])
	}
	z, err := gzip.NewReader(bytes.NewReader(b[head:]))
	if err != nil {
		return bytes.NewReader(nil)
	}
	return z
}

// withStatus keeps a status of HTTP's own, which says more than an error's.
type withStatus struct {
	http.ResponseWriter
	status int
}

func (w *withStatus) WriteHeader(status int) {
	if w.status == http.StatusUnsupportedMediaType || w.status == http.StatusMethodNotAllowed {
		if status != http.StatusOK { // gRPC has its own
			status = w.status
		}
	}
	w.ResponseWriter.WriteHeader(status)
}
