package api

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/schema"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

// OperatorToken is the file, within a node's folder, with what the operator's
// commands show to the node. It is made anew at every start, for its owner only:
// who may read the folder may operate the node. A proxy on the same machine
// makes everybody look local, so the address alone proves nothing.
const OperatorToken = "data/operator.token"

func newOperatorToken(home string) (string, error) {
	var b [32]byte
	_, _ = rand.Read(b[:])
	token := hex.EncodeToString(b[:])
	path := filepath.Join(home, OperatorToken)
	// A new file, so that the mode is ours whatever was there.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return token, os.WriteFile(path, []byte(token+"\n"), 0o600)
}

// operate adds the handlers for the operator's commands.
func (s *Server) operate() {
	s.mux.Handle("POST /operator/backup", s.operator(s.backup))
	s.mux.Handle("GET /operator/status", s.operator(func(http.ResponseWriter, *http.Request) (any, error) {
		return NodeStatus{s.node.Health(), s.node.Usage()}, nil
	}))
	s.mux.Handle("GET /operator/webhooks", s.operator(func(http.ResponseWriter, *http.Request) (any, error) {
		return s.hooks.Status(), nil
	}))
	s.mux.Handle("GET /operator/webhooks/{name}/dead", s.operator(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		letters, ok, err := s.hooks.Dead(r.PathValue("name"))
		if !ok && err == nil {
			err = noWebhook(r)
		}
		return letters, err
	}))
	s.mux.Handle("POST /operator/webhooks/{name}/retry", s.operator(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		id := r.URL.Query().Get("id")
		n, ok, err := s.hooks.Retry(r.PathValue("name"), id)
		switch {
		case err != nil:
		case !ok:
			err = noWebhook(r)
		case id != "" && n == 0:
			err = op.Errorf(pb.Code_NOT_FOUND, "webhook %s has no dead letter %.70q", r.PathValue("name"), id)
		}
		return map[string]int{"retried": n}, err
	}))
}

func noWebhook(r *http.Request) error {
	return op.Errorf(pb.Code_NOT_FOUND, "no webhook %.40q is configured", r.PathValue("name"))
}

// operator lets the operator through and nobody else, and answers in JSON.
func (s *Server) operator(do func(http.ResponseWriter, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !local(r.RemoteAddr) || s.token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
			s.fail(w, r, op.Errorf(pb.Code_BAD_SIGNATURE, "this is for the node's operator: on the same machine, with what %s has", OperatorToken))
			return
		}
		out, err := do(w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		answer(w, http.StatusOK, out)
	})
}

func local(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// problem is an error of a handler that isn't Connect's: the fields are those of
// ErrorDetail.
type problem struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// fail answers with an error and its status in the table.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	code, msg := op.CodeOf(err), err.Error()
	if code == pb.Code_INTERNAL {
		s.log.Error("request failed", "path", r.URL.Path, "request_id", requestID(r.Context()), "error", err)
		msg = hidden
	}
	visitOf(r.Context()).code = code
	if wait := comeAgain(err); wait > 0 && w.Header().Get(retryAfter) == "" {
		w.Header().Set(retryAfter, strconv.Itoa(node.WaitSeconds(wait)))
	}
	answer(w, schema.HTTP(code), problem{Code: code.String(), Message: msg, RequestID: requestID(r.Context())})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
