package api

import (
	"net/http"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// backup copies the node's data into a folder of the machine: see node.Backup. It
// takes as long as the disk does.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) (any, error) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	q := r.URL.Query()
	b, err := s.node.Backup(q.Get("to"), q.Get("validator_key") == "yes")
	if err != nil {
		return nil, op.Errorf(pb.Code_INVALID, "no backup was made: %v", err)
	}
	return b, nil
}
