package proof

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/state"
)

// Key names a record: what Verify is asked about. A bundle for another record
// is refused, however well it is signed.
type Key struct {
	Table string
	ID    string
	bytes []byte
}

// String is the table and the id.
func (k Key) String() string { return k.Table + " " + k.ID }

// table is a table of the ledger as a verifier sees it: the first byte of its
// keys, and its records' type.
type table struct {
	name   string
	prefix []byte
	fresh  func() op.Message
}

// tables are the tables whose rows can be proven and read.
var tables = []table{
	tableOf(party.Parties), tableOf(asset.Assets), tableOf(asset.Holdings), tableOf(asset.Holds),
	tableOf(fact.Facts), tableOf(fact.Classes), tableOf(promise.Templates), tableOf(promise.Promises),
	tableOf(promise.Settlements), tableOf(promise.Pools),
	tableOf(council.Councils), tableOf(council.Params), tableOf(council.Members), tableOf(council.Proposals), tableOf(council.Misbehaviour),
}

func tableOf[V any, P interface {
	*V
	op.Message
	CloneVT() *V
}](t state.Table[V, P]) table {
	return table{t.Name(), t.ProofKey(""), func() op.Message { return P(new(V)) }}
}

func keyOf(t table, k state.Key) Key {
	return Key{t.name, k.String(), append(bytes.Clone(t.prefix), k...)}
}

// Party names a party by its id; a handle isn't one.
func Party(id string) Key { return keyOf(tableOf(party.Parties), state.Key(id)) }

// Asset names an asset.
func Asset(id string) Key { return keyOf(tableOf(asset.Assets), state.Key(id)) }

// Holding names a party's holding of an asset.
func Holding(partyID, assetID string) Key {
	return keyOf(tableOf(asset.Holdings), asset.HoldingKey(partyID, assetID))
}

// Hold names a hold.
func Hold(id string) Key { return keyOf(tableOf(asset.Holds), state.Key(id)) }

// Fact names a fact.
func Fact(id string) Key { return keyOf(tableOf(fact.Facts), state.Key(id)) }

// AttesterClass names an attester class.
func AttesterClass(id string) Key { return keyOf(tableOf(fact.Classes), state.Key(id)) }

// Template names a template, version included.
func Template(id string) Key { return keyOf(tableOf(promise.Templates), state.Key(id)) }

// Promise names a promise.
func Promise(id string) Key { return keyOf(tableOf(promise.Promises), state.Key(id)) }

// Pool names a pool.
func Pool(id string) Key { return keyOf(tableOf(promise.Pools), state.Key(id)) }

// Settlement names a promise's settlement by its number, from 1.
func Settlement(promiseID string, seq uint32) Key {
	k := keyOf(tableOf(promise.Settlements), promise.SettlementKey(promiseID, seq))
	k.ID = promiseID + "/" + strconv.FormatUint(uint64(seq), 10)
	return k
}

// KeyFor names a record of a response's type by what one asks a node for: a
// *pb.Holding takes a party and an asset, a *pb.Settlement pr_…/3, a
// *pb.Council and *pb.Params nothing, all others their id.
func KeyFor(record op.Message, parts ...string) (Key, error) {
	switch record.(type) {
	case *pb.Council:
		return keyOf(tableOf(council.Councils), council.CouncilKey), nil
	case *pb.Params:
		return keyOf(tableOf(council.Params), council.ParamsKey), nil
	}
	if len(parts) == 0 {
		return Key{}, fmt.Errorf("proof: no id")
	}
	switch record.(type) {
	case *pb.Holding:
		if len(parts) == 2 {
			return Holding(parts[0], parts[1]), nil
		}
		return Key{}, fmt.Errorf("proof: a holding is named by a party and an asset")
	case *pb.Settlement:
		id, number, ok := strings.Cut(parts[0], "/")
		seq, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil {
			return Key{}, fmt.Errorf("proof: %q is no settlement's id, such as pr_…/1", parts[0])
		}
		return Settlement(id, uint32(seq)), nil
	}
	for _, t := range tables {
		if t.fresh().ProtoReflect().Descriptor() == record.ProtoReflect().Descriptor() {
			return keyOf(t, state.Key(parts[0])), nil
		}
	}
	return Key{}, fmt.Errorf("proof: there is no table of %s", record.ProtoReflect().Descriptor().Name())
}

// decode reads a record by the table that its key is in.
func decode(key, value []byte) (op.Message, error) {
	for _, t := range tables {
		if bytes.HasPrefix(key, t.prefix) {
			m := t.fresh()
			if err := m.UnmarshalVT(value); err != nil {
				return nil, fmt.Errorf("%w: the %s record: %w", ErrMalformed, t.name, err)
			}
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: no table has the key %x", ErrMalformed, key)
}
