package council

import (
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Bounds of parameters. Where a bound has no better reason, it keeps a slip of
// the hand from stopping the chain.
const (
	quotaMax       = 1_000_000_000
	workMax        = 1_000_000
	allowListMax   = 32
	allowedMax     = 253 // bytes of an origin or a relying party id; a host name has no more
	periodMin      = time.Hour
	periodMax      = 90 * 24 * time.Hour
	windowMin      = time.Minute
	windowMax      = 14 * 24 * time.Hour // the trusting period of client/proof
	pauseMax       = 366 * 24 * time.Hour
	aheadMax       = time.Hour
	changeFieldMax = 32
)

// CheckParams says whether parameters make sense: of a genesis, and of a
// proposal alike. The error is INVALID.
func CheckParams(p *pb.Params) error {
	switch {
	case p == nil:
		return op.Errorf(pb.Code_INVALID, "there are no parameters")
	case p.QuotaPerMinute == 0 || p.QuotaBurst == 0:
		return op.Errorf(pb.Code_INVALID, "quota_per_minute and quota_burst must be above 0, or nobody can do anything")
	case p.NewcomerQuotaPerMinute == 0 || p.NewcomerQuotaBurst == 0:
		return op.Errorf(pb.Code_INVALID, "newcomer_quota_per_minute and newcomer_quota_burst must be above 0, or a party whose sponsor stops can do nothing; newcomers_per_minute is what keeps others away")
	case p.NewcomerQuotaBurst > p.NewcomerTotalPerMinute/2:
		return op.Errorf(pb.Code_INVALID, "newcomer_quota_burst is %d; %d is the most, half of newcomer_total_per_minute, for the other half is kept from the latest to come", p.NewcomerQuotaBurst, p.NewcomerTotalPerMinute/2)
	case max(p.QuotaPerMinute, p.QuotaBurst, p.NewcomersPerMinute, p.NewcomerQuotaPerMinute, p.NewcomerTotalPerMinute) > quotaMax:
		return op.Errorf(pb.Code_INVALID, "the quotas and newcomers_per_minute are %d at most", quotaMax)
	case p.WorkPerBlock == 0:
		return op.Errorf(pb.Code_INVALID, "work_per_block must be above 0, or no deadline is ever kept")
	case p.WorkPerBlock > workMax:
		return op.Errorf(pb.Code_INVALID, "work_per_block is %d; %d is the most", p.WorkPerBlock, workMax)
	}
	if err := checkAllowed("webauthn_origins", p.WebauthnOrigins); err != nil {
		return err
	}
	if err := checkAllowed("webauthn_rp_ids", p.WebauthnRpIds); err != nil {
		return err
	}
	for _, d := range []struct {
		name         string
		value        interface{ AsDuration() time.Duration }
		least, great time.Duration
	}{
		{"fact_ahead_max", p.FactAheadMax, 0, aheadMax},
		{"vote_period", p.VotePeriod, periodMin, periodMax},
		{"change_window", p.ChangeWindow, windowMin, windowMax},
		{"rotation_pause", p.RotationPause, 2 * p.ChangeWindow.AsDuration(), pauseMax},
	} {
		if v := d.value.AsDuration(); v < d.least || v > d.great {
			return op.Errorf(pb.Code_INVALID, "%s is %s, not %s to %s", d.name, v, d.least, d.great)
		}
	}
	return nil
}

func checkAllowed(name string, list []string) error {
	if len(list) > allowListMax {
		return op.Errorf(pb.Code_INVALID, "%s has %d entries; %d is the most", name, len(list), allowListMax)
	}
	for _, s := range list {
		if s == "" || len(s) > allowedMax {
			return op.Errorf(pb.Code_INVALID, "%s has an entry of %d bytes, not 1 to %d", name, len(s), allowedMax)
		}
	}
	return nil
}

// changed is the parameters with a change made to them. Only the named fields
// change, so that two proposals about different ones don't undo each other; and
// no others may have a value, so that voters see nothing that doesn't count.
func changed(now *pb.Params, change *pb.ParamsChange) (*pb.Params, error) {
	out := now.CloneVT()
	to, from := out.ProtoReflect(), change.Params.CloneVT().ProtoReflect()
	for i, name := range change.Fields {
		f := to.Descriptor().Fields().ByName(protoreflect.Name(name))
		switch {
		case f == nil:
			return nil, op.Errorf(pb.Code_INVALID, "no parameter is called %.70q", name)
		case slices.Contains(change.Fields[:i], name):
			return nil, op.Errorf(pb.Code_INVALID, "%s is named twice", name)
		case from.Has(f):
			to.Set(f, from.Get(f))
		default:
			to.Clear(f)
		}
	}
	for i := range from.Descriptor().Fields().Len() {
		f := from.Descriptor().Fields().Get(i)
		if from.Has(f) && !slices.Contains(change.Fields, string(f.Name())) {
			return nil, op.Errorf(pb.Code_INVALID, "params has a value for %s, which fields doesn't name", f.Name())
		}
	}
	return out, CheckParams(out)
}
