package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"connectrpc.com/connect"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/op"
)

// signing is what every command that signs has.
type signing struct {
	session
	secrets        secrets
	keys           []string
	as             string
	noWait, dryRun bool
	timeout        time.Duration
}

func (s *signing) flags(c *cobra.Command) {
	s.session.flags(c)
	s.secrets.flags(c)
	f := c.Flags()
	f.StringArrayVar(&s.keys, "key", nil, "key file to sign with; TROTH_KEY where not given; several for several signatures")
	complete(c, "key", "key")
	f.StringVar(&s.as, "as", "", "the party to sign for, where it is not the one in the first key file")
	f.BoolVar(&s.noWait, "no-wait", false, "return as soon as the node has checked it, before it is final")
	f.BoolVar(&s.dryRun, "dry-run", false, "print the transaction, check it as far as that goes without the ledger, and submit nothing")
	f.DurationVar(&s.timeout, "timeout", 10*time.Second, "how long to wait for it to become final")
}

// run makes the requests, signs and submits them as one transaction, and
// prints what came of it.
func (s *signing) run(ctx context.Context, requests func(context.Context, *world) ([]op.Message, error)) error {
	if err := s.open(); err != nil {
		return err
	}
	wallet, err := s.wallet(ctx)
	if err != nil {
		return err
	}
	messages, err := requests(ctx, &world{&s.session, &s.secrets, wallet.Party})
	if err != nil {
		return err
	}
	tx, err := wallet.Prepare(messages...)
	if err != nil {
		return err
	}
	// What is wrong whatever the ledger's state, is said before anything is
	// sent.
	if _, err := op.Decode(tx); err != nil {
		return fmt.Errorf("%w (%s)", err, op.CodeOf(err))
	}
	if s.dryRun {
		return s.printBody(tx, messages)
	}
	r, err := s.submit(ctx, wallet, tx)
	if err != nil {
		return err
	}
	return s.printResult(ctx, r, messages)
}

// wallet opens the keys.
func (s *signing) wallet(ctx context.Context) (*client.Wallet, error) {
	if len(s.keys) == 0 && os.Getenv("TROTH_KEY") != "" {
		s.keys = []string{os.Getenv("TROTH_KEY")}
	}
	if len(s.keys) == 0 {
		return nil, errors.New("no key to sign with: give --key FILE or set TROTH_KEY; troth party new makes a party with a key")
	}
	var keys []*keyfile.Key
	for _, path := range s.keys {
		k, err := s.secrets.load(path)
		if err != nil {
			return nil, s.explain(err)
		}
		keys = append(keys, k)
	}
	party := keys[0].Party
	if s.as != "" {
		id, err := s.dir.Party(ctx, s.as)
		if err != nil {
			return nil, s.explain(err)
		}
		party = id
	}
	if party == "" {
		return nil, fmt.Errorf("%s doesn't say whose key it is: name the party with --as", s.keys[0])
	}
	st := &pb.GetStatusResponse{}
	if err := s.call(ctx, "GetStatus", &pb.GetStatusRequest{}, st); err != nil {
		return nil, err
	}
	w := &client.Wallet{API: s.api, ChainID: st.ChainId, Party: party, Timeout: s.timeout}
	for _, k := range keys {
		w.Keys = append(w.Keys, k)
	}
	return w, nil
}

func (s *signing) submit(ctx context.Context, w *client.Wallet, tx []byte) (*pb.TxRecord, error) {
	defer s.busy("waiting for the transaction to become final")()
	if !s.noWait {
		r, err := w.Submit(ctx, tx)
		return r, s.explain(err)
	}
	res, err := s.api.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{tx}, NoWait: true}))
	if err != nil {
		return nil, s.explain(err)
	}
	r := res.Msg.Txs[0]
	if r.Result.GetCode() != 0 {
		return nil, &client.Refusal{Tx: r, Code: pb.Code(r.Result.Code)}
	}
	return r, nil
}

// printBody prints what would be signed and submitted.
func (s *signing) printBody(tx []byte, requests []op.Message) error {
	t, err := op.Decode(tx)
	if err != nil {
		return err
	}
	ops := []any{}
	for _, m := range requests {
		row, _ := op.FindRequest(m)
		b, err := show.JSON(m)
		if err != nil {
			return err
		}
		ops = append(ops, map[string]json.RawMessage{reflag.Kebab(row.Name): b})
	}
	return show.WriteJSON(s.cmd.OutOrStdout(), map[string]any{
		"id": fmt.Sprintf("%x", t.ID), "chainId": t.Body.ChainId, "party": t.Body.Party, "expires": t.Expires,
		"operations": ops, "signatures": len(t.Signatures), "bytes": t.Size,
	})
}

// txOutput is a transaction as --json prints it.
type txOutput struct {
	ID        string            `json:"id"`
	Final     bool              `json:"final"`
	Height    int64             `json:"height,omitempty"`
	Index     uint32            `json:"index"`
	Time      *time.Time        `json:"time,omitempty"`
	Party     string            `json:"party"`
	Responses []json.RawMessage `json:"responses"`
}

func (s *signing) printResult(ctx context.Context, r *pb.TxRecord, requests []op.Message) error {
	out := txOutput{ID: r.Id, Final: r.Height > 0, Height: r.Height, Index: r.Index, Party: r.Party, Responses: []json.RawMessage{}}
	if r.Time != nil {
		t := r.Time.AsTime()
		out.Time = &t
	}
	w := s.cmd.OutOrStdout()
	if !s.json && out.Final {
		fmt.Fprintf(w, "final in block %d at %s\ntransaction %s\n", r.Height, show.Time(*out.Time), r.Id)
	} else if !s.json {
		fmt.Fprintf(w, "accepted, not final yet; see: troth get tx %s\n", r.Id)
	}
	for i, b := range r.Result.GetResponses() {
		row, _ := op.FindRequest(requests[i])
		m := row.NewResponse()
		if err := m.UnmarshalVT(b); err != nil {
			return fmt.Errorf("reading the response of %s: %w", row.Name, err)
		}
		if !s.json {
			s.printer(ctx).Record(w, m)
			continue
		}
		j, err := show.JSON(m)
		if err != nil {
			return err
		}
		out.Responses = append(out.Responses, j)
	}
	if s.json {
		return show.WriteJSON(w, out)
	}
	return nil
}

// newMessage makes a message of the schema by its name.
func newMessage(name protoreflect.FullName) op.Message {
	t, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		panic(fmt.Sprintf("the schema has no message %s", name))
	}
	return t.New().Interface().(op.Message)
}
