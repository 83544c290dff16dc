package sim

import (
	"fmt"

	"github.com/troth-ledger/troth/ledger/op"
)

// maker makes one kind of operation. It returns none where the world has
// nothing to do it with.
type maker struct {
	code   uint32
	weight int
	make   func(*world) []act
}

// makers has a row for every operation: see TestEverything.
var makers = []maker{
	{100, 12, (*world).createParty}, {101, 4, (*world).claimHandle}, {102, 8, (*world).addKey}, {103, 4, (*world).removeKey},
	{104, 4, (*world).rotateKey}, {105, 6, (*world).setPolicies}, {106, 5, (*world).setGuardians}, {107, 5, (*world).recover},
	{108, 3, (*world).refuseRecovery}, {109, 2, (*world).freeze}, {110, 4, (*world).thaw}, {111, 6, (*world).sponsor},
	{112, 1, (*world).retireDevice}, {113, 6, (*world).transferDevice},
	{150, 3, (*world).createAsset}, {151, 40, (*world).issue}, {152, 130, (*world).transfer}, {153, 8, (*world).burn},
	{154, 40, (*world).placeHold}, {155, 28, (*world).postHold}, {156, 10, (*world).voidHold}, {157, 4, (*world).setMinter},
	{158, 4, (*world).freezeHolding},
	{200, 120, (*world).submitFact}, {201, 12, (*world).carryFact}, {202, 4, (*world).setAttesters},
	{300, 1, (*world).publishTemplate}, {301, 110, (*world).offer}, {302, 120, (*world).accept}, {303, 12, (*world).decline},
	{304, 20, (*world).deposit}, {310, 20, (*world).settle}, {311, 25, (*world).challenge}, {312, 30, (*world).answer},
	{313, 20, (*world).rule}, {314, 8, (*world).suspend}, {315, 8, (*world).resume}, {316, 8, (*world).release},
	{317, 10, (*world).cancel}, {318, 10, (*world).assign}, {319, 10, (*world).novate}, {320, 10, (*world).reveal},
	{330, 8, (*world).createPool}, {331, 6, (*world).fundPool}, {332, 4, (*world).drawPool},
	{400, 2, (*world).proposeMember}, {401, 4, (*world).proposeRemoval}, {402, 5, (*world).proposePower}, {403, 3, (*world).proposeParams},
	{404, 7, (*world).proposeUpgrade}, {405, 10, (*world).proposeNoUpgrade}, {406, 24, (*world).vote}, {407, 2, (*world).withdraw},
	{408, 3, (*world).rotateValidator},
}

var weights = func() (sum int) {
	for _, m := range makers {
		sum += m.weight
	}
	return sum
}()

// acts draws something that somebody does.
func (w *world) acts() []act {
	for range 20 {
		n := w.r.IntN(weights)
		for i := range makers {
			if n -= makers[i].weight; n >= 0 {
				continue
			}
			if w.noise > 3 || w.one(60) {
				return []act{{w.pick("parties"), w.anything(makers[i].code)}}
			}
			if acts := makers[i].make(w); len(acts) > 0 && acts[0].who != "" {
				return acts
			}
			break
		}
	}
	return w.transfer()
}

// anything is a request with whatever it can hold.
func (w *world) anything(code uint32) op.Message {
	row, ok := op.Find(code)
	if !ok {
		panic(fmt.Sprintf("sim: there is no operation %d", code))
	}
	m := row.NewRequest()
	w.fill(m.ProtoReflect(), 0)
	return m
}

// do is one operation of one party.
func do(who string, msg op.Message) []act { return []act{{who, msg}} }
