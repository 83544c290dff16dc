package sim

import (
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
)

// Held compares what promises, pools and holds say that they hold with what
// holdings have held: each of it once, and nothing else. paid is what settlements
// paid out of each promise's holds, by the promise's id, a slash and the hold's
// name: what a promise was given is what it paid and still has, and nothing once
// it is settled. Holds that expire are between parties, and nobody else's.
func Held(promises map[string]*pb.Promise, pools map[string]*pb.Pool, holds map[string]*pb.Hold, holdings map[string]*pb.Holding, paid map[string]int64) error {
	held, promised, sums := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for id, p := range promises {
		open, copies := p.State != pb.PromiseState_SETTLED, max(int64(p.Copies), 1)
		if open && p.Wake == nil {
			return fmt.Errorf("promise %s on %s is %s and never looked at", id, p.Template, p.State)
		}
		for _, h := range p.Holds {
			left := h.Put - h.Paid
			switch {
			case left < 0 || !open && left != 0 || h.Paid != paid[id+"/"+h.Name]:
				return fmt.Errorf("promise %s, which is %s, hold %s: put %d, paid %d, settled %d", id, p.State, h.Name, h.Put, h.Paid, paid[id+"/"+h.Name])
			case !open || h.Party == "" || left == 0:
			case h.Pool != "":
				promised[h.Pool] += left * copies
			default:
				sums[holding(h.Party, h.Asset)] += left * copies
			}
		}
		if a := p.Assertion; a.GetBond() != nil {
			held[id+"/#challenge"] = a.Bond.Units
			if a.Answerer != "" {
				held[id+"/#answer"] = a.Bond.Units
			}
		}
	}
	for id, p := range pools {
		if p.Committed != promised[id] || p.Committed > p.Units {
			return fmt.Errorf("pool %s has %d, %d of it promised; promises say %d", id, p.Units, p.Committed, promised[id])
		}
		if p.Units > 0 {
			held[id] = p.Units
		}
	}
	for id, h := range holds {
		if h.Expires == nil && h.Units != held[id] {
			return fmt.Errorf("hold %s has %d, its dispute or pool says %d", id, h.Units, held[id])
		}
		delete(held, id)
		sums[holding(h.Party, h.Asset)] += h.Units
	}
	if len(held) > 0 {
		return fmt.Errorf("held by nothing: %v", held)
	}
	for _, h := range holdings {
		key := holding(h.Party, h.Asset)
		if h.Held != sums[key] {
			return fmt.Errorf("holding %q has %d held, its holds and promises have %d", key, h.Held, sums[key])
		}
		delete(sums, key)
	}
	for key, units := range sums {
		if units != 0 {
			return fmt.Errorf("there is no holding %q, of which %d are held", key, units)
		}
	}
	return nil
}
