package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// options say how a transaction or a statement departs from an honest one.
// In a story they stand in brackets after the actor:
//
//	as ben        on behalf of another party
//	expires 25h   instead of five minutes after the block
//	chain other   meant for another chain
//	key same      an idempotency key made from this word
//	unsigned      without signatures
//	tampered      one bit of each signature flipped
//	high-s        the other of two ECDSA signatures
//	origin URL    a passkey used on this page
//	code 999      another operation's number
//	append HEX    bytes at the end of each request, or of the statement
//	body HEX      bytes at the end of the body
//	tail HEX      bytes at the end of the whole
//	pad N         N zero bytes at the end of the whole
//	again N       the operations N times over
//	many N        each signature N times over
//	named K L     the body names these keys in place of those that sign
//	slack         a statement written in another than the canonical way
type options struct {
	forgery
	as, chain, key     string
	named              []string
	expires            time.Duration
	unsigned, slack    bool
	code               uint32
	extra, body, tail  []byte
	again, many, padTo int
}

func parseOptions(text string) (options, error) {
	o := options{expires: 5 * time.Minute, again: 1, many: 1}
	for _, part := range strings.Split(text, ",") {
		word, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		if err := o.set(word, strings.TrimSpace(value)); err != nil {
			return o, fmt.Errorf("option %q: %w", part, err)
		}
	}
	return o, nil
}

func (o *options) set(word, value string) (err error) {
	switch word {
	case "":
	case "as":
		o.as = value
	case "chain":
		o.chain = value
	case "key":
		o.key = value
	case "expires":
		o.expires, err = time.ParseDuration(value)
	case "unsigned":
		o.unsigned = true
	case "tampered":
		o.tampered = true
	case "high-s":
		o.highS = true
	case "slack":
		o.slack = true
	case "origin":
		o.origin = value
	case "code":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 32)
		o.code = uint32(n)
	case "append":
		o.extra, err = hex.DecodeString(value)
	case "body":
		o.body, err = hex.DecodeString(value)
	case "tail":
		o.tail, err = hex.DecodeString(value)
	case "pad":
		o.padTo, err = strconv.Atoi(value)
	case "again":
		o.again, err = strconv.Atoi(value)
	case "named":
		o.named = strings.Fields(value)
	case "many":
		o.many, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("unknown")
	}
	return err
}

// signTx makes the bytes of a transaction.
func (p *player) signTx(who *actor, keys []string, o options, ops []*pb.Operation) []byte {
	body := &pb.TxBody{ChainId: chainID, Party: who.id, Expires: timestamppb.New(p.now.Add(o.expires))}
	if o.as != "" {
		body.Party = p.actor(o.as).id
	}
	if o.chain != "" {
		body.ChainId = o.chain
	}
	word := o.key
	if word == "" {
		p.txs++
		word = "transaction " + strconv.Itoa(p.txs)
	}
	digest := sha256.Sum256([]byte(word))
	body.Key = digest[:16]
	for range o.again {
		for _, m := range ops {
			m := &pb.Operation{Code: m.Code, Request: append(append([]byte{}, m.Request...), o.extra...)}
			if o.code != 0 {
				m.Code = o.code
			}
			body.Ops = append(body.Ops, m)
		}
	}
	var signers []*key
	for _, name := range keys {
		for range o.many {
			if !o.unsigned {
				signers = append(signers, p.key(name))
			}
		}
	}
	body.Signers = op.Signers(p.named(who, signers, o.named))
	tx := &pb.SignedTx{Body: append(state.Encode(body), o.body...)}
	for _, k := range signers {
		tx.Signatures = append(tx.Signatures, k.sign(tx.Body, o.forgery))
	}
	return append(append(state.Encode(tx), o.tail...), make([]byte, o.padTo)...)
}

// named is what a body names: the keys that sign, unless the story names others.
func (p *player) named(who *actor, signers []*key, others []string) []*pb.Signature {
	if len(others) > 0 {
		signers = nil
	}
	for _, name := range others {
		signers = append(signers, p.key(keyName(who, name)))
	}
	out := make([]*pb.Signature, len(signers))
	for i, k := range signers {
		out[i] = k.named()
	}
	return out
}

// keyName is the whole name of a key: without an owner before the slash it is
// the actor's own.
func keyName(who *actor, name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return who.name + "/" + name
}
