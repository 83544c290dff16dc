package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
)

// submitTimeout is how long Submit waits where the wallet doesn't say.
const submitTimeout = 10 * time.Second

// submitMax is the longest that a node can be asked to wait.
const submitMax = time.Minute

// answerGrace is how much longer than it was asked to wait a node may take: its
// own answer, which says more, comes first wherever it gives one.
const answerGrace = 5 * time.Second

// A retry waits retryFirst, then twice as long each time, at most retryMax.
const (
	retryFirst = 50 * time.Millisecond
	retryMax   = time.Second
)

// Submit submits one prepared transaction and waits until it is final. Where
// the node can't be reached, is busy, loses the connection or doesn't answer,
// the same bytes go again until the wallet's Timeout is over: a transaction runs
// once, however often it arrives. A node that hangs holds Submit a few seconds
// longer than that, and no more.
func (w *Wallet) Submit(ctx context.Context, tx []byte) (*pb.TxRecord, error) {
	timeout := w.Timeout
	if timeout == 0 {
		timeout = submitTimeout
	}
	end := time.Now().Add(timeout)
	for pause := retryFirst; ; pause = min(2*pause, retryMax) {
		r, err := w.submit(ctx, tx, max(time.Until(end), time.Millisecond))
		if err == nil || !Transient(err) || ctx.Err() != nil || time.Until(end) < pause {
			return r, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return r, err
		}
	}
}

func (w *Wallet) submit(ctx context.Context, tx []byte, timeout time.Duration) (*pb.TxRecord, error) {
	timeout = min(timeout, submitMax)
	answer, cancel := context.WithTimeout(ctx, timeout+answerGrace)
	defer cancel()
	res, err := w.API.Submit(answer, connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{tx}, Timeout: durationpb.New(timeout)}))
	if err != nil && answer.Err() != nil && ctx.Err() == nil {
		return nil, unanswered(tx, timeout+answerGrace)
	}
	if err != nil {
		return nil, err
	}
	r := res.Msg.Txs[0]
	if r.Result.Code != 0 {
		return r, &Refusal{Tx: r, Code: pb.Code(r.Result.Code)}
	}
	return r, nil
}

// unanswered is the error where nobody knows what became of a transaction.
func unanswered(tx []byte, after time.Duration) error {
	id, _ := ID(tx)
	return connect.NewError(connect.CodeDeadlineExceeded, fmt.Errorf("the node gave no answer within %s; transaction %s may still become final: get it by its id, or submit the same bytes again, which run once however often they arrive",
		after.Round(time.Millisecond), id))
}

// Transient says whether the same request may succeed in a moment: nothing was
// wrong with it.
func Transient(err error) bool {
	switch CodeOf(err) {
	case pb.Code_BUSY, pb.Code_TIMED_OUT:
		return true
	case pb.Code_OK:
		// Not an answer of a node's: it couldn't be reached, went away, or hangs.
		var e *connect.Error
		return errors.As(err, &e) && (e.Code() == connect.CodeUnavailable || e.Code() == connect.CodeUnknown || e.Code() == connect.CodeDeadlineExceeded)
	}
	return false
}

// CodeOf is the number of a refusal, of a transaction or of any other request;
// OK where err has none.
func CodeOf(err error) pb.Code {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	if d := Detail(err); d != nil {
		return d.Code
	}
	return pb.Code_OK
}

// Detail is what a node says about a request that it refused, nil where err is
// something else.
func Detail(err error) *pb.ErrorDetail {
	var e *connect.Error
	if !errors.As(err, &e) {
		return nil
	}
	for _, d := range e.Details() {
		if v, err := d.Value(); err == nil {
			if detail, ok := v.(*pb.ErrorDetail); ok {
				return detail
			}
		}
	}
	return nil
}
