package ledger_test

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
)

var (
	memberLine     = regexp.MustCompile(`^([a-z]+) ([0-9]+)$`)
	possessionLine = regexp.MustCompile(`^([a-z][a-z0-9]*) by ([a-z]+/[a-z0-9-]+) for ([a-z]+)( on ([a-z-]+))?$`)
	misbehavesLine = regexp.MustCompile(`^([a-z]+/[a-z0-9-]+) ([A-Z_]+) at ([0-9]+)$`)
)

// council plays the lines about the council that are no transactions.
func (p *player) council(word, rest string) {
	p.t.Helper()
	match := func(re *regexp.Regexp) []string {
		m := re.FindStringSubmatch(rest)
		if m == nil {
			p.fatalf("%s wants %s", word, re)
		}
		return m
	}
	switch word {
	case "member":
		m := match(memberLine)
		power, _ := strconv.ParseInt(m[2], 10, 64)
		p.genesis.Council = append(p.genesis.Council, &pb.Seat{Party: p.actor(m[1]).id, Validator: p.key(m[1] + "/validator").public, Power: power})
	case "possession":
		m := match(possessionLine)
		k, chain := p.key(m[2]), chainID
		if m[5] != "" {
			chain = m[5]
		}
		s := k.sign(council.Possession(chain, p.actor(m[3]).id, k.public), forgery{})
		p.vars[m[1]] = base64.StdEncoding.EncodeToString(s.Signature)
	case "misbehaves":
		p.start()
		m := match(misbehavesLine)
		height, _ := strconv.ParseInt(m[3], 10, 64)
		p.evidence = append(p.evidence, council.Evidence{Address: council.Address(p.key(m[1]).public),
			Kind: pb.MisbehaviourKind(pb.MisbehaviourKind_value[m[2]]), Height: height, Time: p.last, Power: 1})
	}
}

// seats are the validators that consensus begins with.
func (p *player) seats() {
	var vals []*types.Validator
	for _, s := range p.genesis.Council {
		vals = append(vals, types.NewValidator(ed25519.PubKey(s.Validator), s.Power))
	}
	if len(vals) > 0 {
		p.validators = types.NewValidatorSet(vals)
	}
}

// consensus hands a block's changes to CometBFT's own set of validators, which
// refuses what it can't do, and compares the set with the members.
func (p *player) consensus(updates []council.Update) {
	p.t.Helper()
	if p.validators == nil {
		if len(updates) > 0 {
			p.fatalf("validators change on a chain without a council: %v", updates)
		}
		return
	}
	before := p.validators.Copy()
	var changes []*types.Validator
	for _, u := range updates {
		changes = append(changes, types.NewValidator(ed25519.PubKey(u.PublicKey), u.Power))
	}
	if err := p.validators.UpdateWithChangeSet(changes); err != nil {
		p.fatalf("consensus refuses %v: %v", updates, err)
	}
	if len(updates) > 0 && bytes.Equal(before.Hash(), p.validators.Hash()) {
		p.fatalf("consensus was told of changes that are none: %v", updates)
	}
	var set []council.Update
	for _, v := range p.validators.Validators {
		set = append(set, council.Update{PublicKey: v.PubKey.Bytes(), Power: v.VotingPower})
	}
	slices.SortFunc(set, func(a, b council.Update) int { return bytes.Compare(a.PublicKey, b.PublicKey) })
	view := p.machine.Store().View()
	defer view.Release()
	same := func(a, b council.Update) bool { return a.Power == b.Power && bytes.Equal(a.PublicKey, b.PublicKey) }
	if members := council.Set(view); !slices.EqualFunc(set, members, same) {
		p.fatalf("consensus has the validators %v, the council %v", set, members)
	}
}
