package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// timed runs a block and says how long decoding and executing it took.
func (c *costs) timed(t testing.TB, txs ...[]byte) (decode, exec time.Duration) {
	t.Helper()
	start := time.Now()
	decoded := make([]ledger.Tx, len(txs))
	for i, raw := range txs {
		d, err := op.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		decoded[i].Decoded = d
	}
	decode = time.Since(start)
	c.height++
	start = time.Now()
	x := c.machine.Execute(ledger.Block{Height: c.height, Time: c.now, Txs: decoded})
	exec = time.Since(start)
	for i, r := range x.Results {
		if r.Code != 0 {
			t.Fatalf("transaction %d: %s: %s", i, pb.Code(r.Code), r.Message)
		}
	}
	if err := c.machine.Commit(nil); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Second)
	return decode, exec
}

// BenchmarkDue is a block with so many deadlines. What is due is found without
// stepping over what was done: a deadline costs the same among many.
func BenchmarkDue(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCosts(b)
			var took time.Duration
			rounds := 0
			for b.Loop() {
				due := timestamppb.New(c.now.Add(time.Minute))
				txs := make([][]byte, n/50)
				for i := range txs {
					txs[i] = c.repeat(50, func(int) op.Message {
						return &pb.PlaceHoldRequest{Amount: &pb.Amount{Asset: c.euro, Units: 1}, Holder: c.who[1].id, Expires: due}
					})
				}
				c.timed(b, txs...)
				c.now = c.now.Add(time.Hour)
				_, d := c.timed(b)
				took += d
				rounds++
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(took.Microseconds())/float64(n*rounds), "µs/deadline")
		})
	}
}

// BenchmarkWorst is what one transaction of nearly 64 KiB can cost, by shape,
// and what it counts as towards a quota.
func BenchmarkWorst(b *testing.B) {
	for name, shape := range worst {
		b.Run(name, func(b *testing.B) {
			c := newCosts(b)
			var decode, exec time.Duration
			var tx []byte
			n := 0
			for b.Loop() {
				tx = shape(c, n)
				n++
				d, e := c.timed(b, tx)
				decode, exec = decode+d, exec+e
			}
			d, err := op.Decode(tx)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(decode.Microseconds())/float64(n)/1000, "decode-ms")
			b.ReportMetric(float64(exec.Microseconds())/float64(n)/1000, "exec-ms")
			b.ReportMetric(float64(d.Weight()), "weight")
			b.ReportMetric(float64(len(tx)), "bytes")
		})
	}
}

var worst = map[string]func(c *costs, n int) []byte{
	"transfers": func(c *costs, n int) []byte {
		return c.repeat(64, func(int) op.Message {
			return &pb.TransferRequest{To: c.who[3].id, Amount: &pb.Amount{Asset: c.euro, Units: 1}}
		})
	},
	"statements": func(c *costs, n int) []byte {
		return c.repeat(36, func(i int) op.Message {
			q := &pb.SubmitFactRequest{}
			for j := range 64 {
				q.Statements = append(q.Statements, &pb.Statement{Subject: "s", Kind: "k", At: &timestamppb.Timestamp{Seconds: int64(1 + j)}, Reference: fmt.Sprint(n, i)})
			}
			return q
		})
	},
	"carried": func(c *costs, n int) []byte {
		k := newKey(c.who[5].name+"/main", pb.Scheme_ED25519)
		return c.repeat(21, func(i int) op.Message {
			q := &pb.CarryFactRequest{}
			for j := range 16 {
				s := state.Encode(&pb.Statement{Subject: "s", Kind: "k", At: &timestamppb.Timestamp{Seconds: int64(1 + j)}, Reference: fmt.Sprint(n, i)})
				q.Carried = append(q.Carried, &pb.CarriedStatement{Attester: c.who[5].id, Statement: s,
					Signature: k.sign([]byte("troth-statement/1\x00"+chainID+"\x00"+string(s)), forgery{})})
			}
			return q
		})
	},
	"parties": func(c *costs, n int) []byte {
		return c.repeat(36, func(i int) op.Message {
			q := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Salt: fmt.Appendf(nil, "salt %8d %8d", n, i), Sponsor: true}
			for j := range 32 {
				k := newKey(fmt.Sprint("worst", i, j), pb.Scheme_P256)
				q.Keys = append(q.Keys, &pb.Key{Scheme: k.scheme, PublicKey: k.public, Role: pb.KeyRole_OWNER})
			}
			return q
		})
	},
	"attesters": func(c *costs, n int) []byte {
		return c.repeat(64, func(i int) op.Message {
			q := &pb.SetAttestersRequest{Class: "all"}
			for _, a := range c.who {
				q.Add = append(q.Add, a.id)
			}
			return q
		})
	},
	"rotations": func(c *costs, n int) []byte {
		if n == 0 {
			c.fatten()
		}
		return c.repeat(64, func(i int) op.Message {
			from, to := newKey(fmt.Sprint("fat", n, i), pb.Scheme_ED25519), newKey(fmt.Sprint("fat", n, i+1), pb.Scheme_ED25519)
			if i == 63 {
				to = newKey(fmt.Sprint("fat", n+1, 0), pb.Scheme_ED25519)
			}
			return &pb.RotateKeyRequest{OldPublicKey: from.public, Scheme: to.scheme, PublicKey: to.public}
		})
	},
	"templates": func(c *costs, n int) []byte {
		i := 0
		return c.repeat(11, func(int) op.Message {
			for i++; c.templates[i].SizeVT() > 6000; i++ {
			}
			t := c.templates[i].CloneVT()
			t.Version = uint32(n + 1)
			return &pb.PublishTemplateRequest{Template: t}
		})
	},
}

// fatten makes the first company's row as large as it can be.
func (c *costs) fatten() {
	for i := range 31 {
		k := newKey(fmt.Sprint("fat", 0, i), pb.Scheme_ED25519)
		if i > 0 {
			k = newKey(fmt.Sprint("more", i), pb.Scheme_ED25519)
		}
		key := &pb.Key{Scheme: k.scheme, PublicKey: k.public, Role: pb.KeyRole_AGENT, Label: strings.Repeat("x", 64)}
		for j := range 64 {
			key.Ops = append(key.Ops, 1<<31+uint32(j))
		}
		for j := range 32 {
			key.Limits = append(key.Limits, &pb.SpendLimit{Asset: fmt.Sprintf("%064d", j), Units: 1 << 62})
		}
		c.timed(c.t, c.sign(c.who[0], &pb.AddKeyRequest{Key: key}))
	}
}

// repeat is a transaction of so many operations of the first company.
func (c *costs) repeat(n int, of func(i int) op.Message) []byte {
	ms := make([]op.Message, n)
	for i := range ms {
		ms[i] = of(i)
	}
	return c.sign(c.who[0], ms...)
}
