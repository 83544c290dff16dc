package reflag_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _, _ = asset.Assets, promise.Promises // their operations are registered

// world is a World without a node: @bob is p_bob, money has two decimals.
type world struct{}

func (world) Party(_ context.Context, name string) (string, error) {
	if name == "@nobody" {
		return "", errors.New("nobody has the handle")
	}
	return "p_" + strings.TrimPrefix(name, "@"), nil
}

func (world) Amount(_ context.Context, s string) (*pb.Amount, error) {
	return contract.ParseAmount(s, func(string) int { return 2 })
}

func (world) Types(_ context.Context, about op.Message) (map[string]pb.ValueType, error) {
	if _, ok := about.(*pb.Statement); ok {
		return nil, nil
	}
	return map[string]pb.ValueType{"price": pb.ValueType_AMOUNT, "tracking": pb.ValueType_STRING, "by": pb.ValueType_TIME, "grace": pb.ValueType_DURATION}, nil
}

func (world) Key(path string) (*pb.Key, error) {
	if path != "new.key" {
		return nil, os.ErrNotExist
	}
	return &pb.Key{Scheme: pb.Scheme_ED25519, PublicKey: []byte{1, 2}, Role: pb.KeyRole_OWNER}, nil
}

func (world) Template(context.Context, string) (*pb.Template, error) {
	return &pb.Template{Name: "x"}, nil
}

func (world) Now() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// TestFlags: flags become the request that JSON would be.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		m     op.Message
		flags string // separated by |
		want  string
	}{
		{&pb.TransferRequest{}, "--to=@bob|--amount=5.00 EUR@bank", `{"to":"p_bob","amount":{"asset":"EUR@bank","units":"500"}}`},
		{&pb.TransferRequest{}, "--to=p_x|--amount={asset: EUR@bank, units: 1_000}", `{"to":"p_x","amount":{"asset":"EUR@bank","units":"1000"}}`},
		{&pb.TransferRequest{}, "--reference=@bob", `{"reference":"@bob"}`},
		{&pb.CreateAssetRequest{}, "--kind=money|--decimals=2|--freezable", `{"kind":"MONEY","decimals":2,"freezable":true}`},
		{&pb.SuspendRequest{}, "--until=+48h", `{"until":"2026-06-03T12:00:00Z"}`},
		{&pb.SuspendRequest{}, "--until=-1d", `{"until":"2026-05-31T12:00:00Z"}`},
		{&pb.SuspendRequest{}, "--until=now", `{"until":"2026-06-01T12:00:00Z"}`},
		{&pb.SetGuardiansRequest{}, "--guardians.parties=@a|--guardians.parties=@b|--guardians.delay=2d|--guardians.threshold=2", `{"guardians":{"parties":["p_a","p_b"],"threshold":2,"delay":"172800s"}}`},
		{&pb.RemoveKeyRequest{}, "--public-key=0102", `{"publicKey":"AQI="}`},
		{&pb.RemoveKeyRequest{}, "--public-key=AQI=", `{"publicKey":"AQI="}`},
		{&pb.AddKeyRequest{}, "--new-key=new.key|--key.role=device-key|--key.expires=+1h", `{"key":{"scheme":"ED25519","publicKey":"AQI=","role":"DEVICE_KEY","expires":"2026-06-01T13:00:00Z"}}`},
		{&pb.OfferRequest{}, "--roles=buyer=@a|--roles=carrier=@b,@c|--terms=price=1.00 EUR@bank|--terms=tracking=42|--terms=by=+1h|--terms=grace=2d|--pools=bond=pl_x",
			`{"roles":[{"role":"buyer","parties":["p_a"]},{"role":"carrier","parties":["p_b","p_c"]}],"terms":[{"name":"price","value":{"amount":{"asset":"EUR@bank","units":"100"}}},{"name":"tracking","value":{"string":"42"}},{"name":"by","value":{"time":"2026-06-01T13:00:00Z"}},{"name":"grace","value":{"duration":"172800s"}}],"pools":[{"hold":"bond","pool":"pl_x"}]}`},
		{&pb.SubmitFactRequest{}, "--subject=x|--values=a=3|--values=b=true|--values=c=2d|--values=d=1.00 EUR@bank|--values=e=hot|--values=f={string: \"3\"}",
			`{"statements":[{"subject":"x","values":[{"name":"a","value":{"int":"3"}},{"name":"b","value":{"bool":true}},{"name":"c","value":{"duration":"172800s"}},{"name":"d","value":{"amount":{"asset":"EUR@bank","units":"100"}}},{"name":"e","value":{"string":"hot"}},{"name":"f","value":{"string":"3"}}]}]}`},
		{&pb.PublishTemplateRequest{}, "--template=x.yaml", `{"template":{"name":"x"}}`},
	} {
		got, err := parse(c.m, strings.Split(c.flags, "|"))
		want := c.m.ProtoReflect().New().Interface()
		if e := protojson.Unmarshal([]byte(c.want), want); e != nil {
			t.Fatal(e)
		}
		if err != nil || !proto.Equal(got, want) {
			t.Errorf("%s\n got %v, %v\nwant %v", c.flags, got, err, want)
		}
	}
}

// parse reads flags into a request, beside the flags that commands have anyway.
func parse(m op.Message, args []string) (op.Message, error) {
	fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
	fs.String("key", "", "")
	set := reflag.Define(fs, m.ProtoReflect().Descriptor())
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	tree, err := set.Tree(nil)
	if err != nil {
		return nil, err
	}
	d := &reflag.Decoder{World: world{}}
	return m, d.Decode(context.Background(), tree, m)
}

// TestFaults: what is wrong is said with its place.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		m           op.Message
		flags, says string
	}{
		{&pb.TransferRequest{}, "--to=@nobody", "to: nobody has the handle"},
		{&pb.TransferRequest{}, "--amount=5 EUR@bank and more", "amount: "},
		{&pb.TransferRequest{}, "--amount={assets: x}", `amount: there is no field "assets"; did you mean asset?`},
		{&pb.TransferRequest{}, "--amount={asset: x", "--amount: "},
		{&pb.FundPoolRequest{}, "--units=5.00 EUR@bank", "units: a whole number of minor units is wanted"},
		{&pb.FundPoolRequest{}, "--units=99999999999999999999", "units: a whole number is wanted"},
		{&pb.CreateAssetRequest{}, "--kind=gold", `kind: "gold" is none of money, points, capacity`},
		{&pb.CreateAssetRequest{}, "--freezable=maybe", "freezable: true or false is wanted"},
		{&pb.SuspendRequest{}, "--until=tomorrow", "until: "},
		{&pb.RemoveKeyRequest{}, "--public-key=!", "neither hexadecimal nor base64"},
		{&pb.AddKeyRequest{}, "--new-key=old.key", "key: "},
		{&pb.OfferRequest{}, "--terms=colour=red", `there is no "colour"; there are by, grace, price, tracking`},
		{&pb.OfferRequest{}, "--terms=price", "name=value is wanted"},
		{&pb.OfferRequest{}, "--terms=price={a: 1, b: 2}", "a value is wanted"},
	} {
		if _, err := parse(c.m, []string{c.flags}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", c.flags, err, c.says)
		}
	}
}

// TestEveryOperation: each has a comment and its fields have one, and no flag
// of an operation hides another.
func TestEveryOperation(t *testing.T) {
	for _, m := range append(reflag.Operations(), reflag.Queries()...) {
		if reflag.Comment(m) == "" {
			t.Errorf("%s has no comment", m.Name())
		}
		fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
		for _, name := range []string{"node", "key", "as", "json", "output", "request", "file", "no-wait", "dry-run", "timeout", "passphrase-file"} {
			fs.String(name, "", "")
		}
		reflag.Define(fs, m.Input())
		fs.VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "string" && f.Usage == "" {
				t.Errorf("%s: --%s has no comment", m.Name(), f.Name)
			}
		})
	}
}

// FuzzDecode: no request that somebody writes makes the reader panic.
func FuzzDecode(f *testing.F) {
	f.Add("{to: '@bob', amount: 5.00 EUR@bank}")
	f.Add("{roles: {buyer: '@a'}, terms: {price: {amount: 1.00 EUR@bank}}, pools: [{hold: a, pool: b}]}")
	f.Add("{statements: [{values: {a: {sealed: ff}}}], key: {file: new.key, limits: {EUR@bank: 5}}}")
	f.Fuzz(func(t *testing.T, src string) {
		tree, err := reflag.ParseTree("fuzz", src)
		if err != nil {
			return
		}
		for _, m := range []op.Message{&pb.TransferRequest{}, &pb.OfferRequest{}, &pb.SubmitFactRequest{}, &pb.AddKeyRequest{}, &pb.RevealRequest{}, &pb.PublishTemplateRequest{}} {
			d := &reflag.Decoder{World: world{}}
			_ = d.Decode(context.Background(), tree, m)
		}
	})
}
