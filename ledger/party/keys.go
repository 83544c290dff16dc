package party

import (
	"bytes"
	"slices"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// Limits of keys.
const (
	// KeysMax is the most keys of a party.
	KeysMax = 32
	// LabelMax is the longest label of a key, in bytes.
	LabelMax = 64
	// ScopeMax is the most operation codes that a key or policy names.
	ScopeMax = 64
	// LimitsMax is the most assets that a key's limits name.
	LimitsMax = 32
	// assetMax is the longest id of an asset, in bytes.
	assetMax = 64
)

// KeyOf is the party's key with this scheme and public key, nil where it has
// none. Whether it is still valid is another question.
func KeyOf(p *pb.Party, scheme pb.Scheme, publicKey []byte) *pb.Key {
	if i := keyIndex(p.GetKeys(), publicKey); i >= 0 && p.Keys[i].Scheme == scheme {
		return p.Keys[i]
	}
	return nil
}

func keyIndex(keys []*pb.Key, publicKey []byte) int {
	return slices.IndexFunc(keys, func(k *pb.Key) bool { return bytes.Equal(k.PublicKey, publicKey) })
}

// expired says whether a key's time is up; its last moment still counts.
func expired(k *pb.Key, now time.Time) bool {
	return k.Expires != nil && k.Expires.AsTime().Before(now)
}

// inScope says whether a key may sign an operation, whatever its role. Any key
// may freeze: it is what one does with a stolen phone.
func inScope(k *pb.Key, code uint32) bool {
	return len(k.Ops) == 0 || code == codeFreeze || slices.Contains(k.Ops, code)
}

// owns says whether a key is an OWNER's that never expires.
func owns(k *pb.Key) bool { return k.Role == pb.KeyRole_OWNER && k.Expires == nil }

// checkKeys checks a party's keys together.
func checkKeys(keys []*pb.Key) error {
	if len(keys) > KeysMax {
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d keys; %d is the most", len(keys), KeysMax)
	}
	for i, k := range keys {
		if err := checkKey(k); err != nil {
			return err
		}
		if keyIndex(keys[:i], k.PublicKey) >= 0 {
			return op.Errorf(pb.Code_INVALID, "the key %x is there twice", k.PublicKey)
		}
	}
	if !slices.ContainsFunc(keys, owns) {
		return op.Errorf(pb.Code_INVALID, "at least one key must have the role OWNER and no expiry, or the party could be locked out")
	}
	return nil
}

// checkKey checks a key by itself.
func checkKey(k *pb.Key) error {
	if k == nil {
		return op.Errorf(pb.Code_INVALID, "key is missing")
	}
	if err := checkPublicKey(k.Scheme, k.PublicKey); err != nil {
		return err
	}
	if k.Role < pb.KeyRole_OWNER || k.Role > pb.KeyRole_DEVICE_KEY {
		return op.Errorf(pb.Code_INVALID, "role %d of a key is not OWNER, AGENT or DEVICE_KEY", k.Role)
	}
	if err := checkText("label", k.Label, LabelMax); err != nil {
		return err
	}
	if k.Expires != nil && k.Expires.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "expires of a key is not a time")
	}
	if k.Role == pb.KeyRole_DEVICE_KEY && k.Expires == nil {
		return op.Errorf(pb.Code_INVALID, "a DEVICE_KEY must have an expiry")
	}
	if k.Role == pb.KeyRole_OWNER && len(k.Ops)+len(k.Limits) > 0 {
		return op.Errorf(pb.Code_INVALID, "an OWNER key has no ops and no limits: it could lift them itself; make it an AGENT")
	}
	if err := checkScope(k.Ops); err != nil {
		return err
	}
	return checkLimits(k.Limits)
}

func checkPublicKey(scheme pb.Scheme, key []byte) error {
	if scheme < pb.Scheme_ED25519 || scheme > pb.Scheme_WEBAUTHN {
		return op.Errorf(pb.Code_INVALID, "scheme %d of a key is not ED25519, P256 or WEBAUTHN", scheme)
	}
	if err := (sig.PublicKey{Scheme: sig.Scheme(scheme), Bytes: key}).Validate(); err != nil {
		return op.Errorf(pb.Code_INVALID, "%v", err)
	}
	return nil
}

// checkScope checks a list of operation codes. A code need not exist: a key may
// outlive the version that knew it.
func checkScope(ops []uint32) error {
	if len(ops) > ScopeMax {
		return op.Errorf(pb.Code_TOO_LARGE, "ops names %d operations; %d is the most", len(ops), ScopeMax)
	}
	for i, code := range ops {
		if code == 0 || slices.Contains(ops[:i], code) {
			return op.Errorf(pb.Code_INVALID, "ops has the code %d, which is 0 or there twice", code)
		}
	}
	return nil
}

func checkLimits(limits []*pb.SpendLimit) error {
	if len(limits) > LimitsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "limits names %d assets; %d is the most", len(limits), LimitsMax)
	}
	for i, l := range limits {
		if err := checkAsset(l.Asset); err != nil {
			return err
		}
		if l.Units < 0 {
			return op.Errorf(pb.Code_BAD_AMOUNT, "the limit of %s is %d; 0 is the least", l.Asset, l.Units)
		}
		if slices.ContainsFunc(limits[:i], func(o *pb.SpendLimit) bool { return o.Asset == l.Asset }) {
			return op.Errorf(pb.Code_INVALID, "limits names %s twice", l.Asset)
		}
	}
	return nil
}

func checkAsset(id string) error {
	if id == "" {
		return op.Errorf(pb.Code_INVALID, "asset is missing")
	}
	return checkText("asset", id, assetMax)
}
