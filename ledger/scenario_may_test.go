package ledger_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// TestEveryPrivilegeIsNeeded: a row may nothing that no story needs of it. Where one is
// taken away, a story that has the operation goes on otherwise: so each is asked for by
// whoever keeps what it is about, and no row has one too many.
func TestEveryPrivilegeIsNeeded(t *testing.T) {
	played := map[uint32][]*player{} // by the codes of their operations
	for _, file := range scenarioFiles(t) {
		story, err := parseStory(file)
		if err != nil {
			t.Fatal(err)
		}
		p, seen := play(t, story), map[uint32]bool{}
		for _, b := range p.blocks {
			for _, raw := range b.txs {
				tx, err := op.Decode(raw)
				if err != nil {
					continue // a story's bad bytes
				}
				for _, o := range tx.Body.Ops {
					seen[o.Code] = true
				}
			}
		}
		for code := range seen {
			played[code] = append(played[code], p)
		}
	}
	for _, row := range op.Rows() {
		stories := played[row.Code]
		slices.SortStableFunc(stories, func(a, b *player) int { return cmp.Compare(len(a.blocks), len(b.blocks)) })
		for i, what := range row.May {
			if row.Signer == pb.Op_LEDGER || what == pb.Op_NONE {
				continue
			}
			may := row.May
			row.May = slices.Delete(slices.Clone(may), i, i+1)
			needed := slices.ContainsFunc(stories, func(p *player) bool { return !slices.Equal(replay(t, p), p.roots) })
			if row.May = may; !needed {
				t.Errorf("%s may %s, which none of %d stories needs", row.Name, what, len(stories))
			}
		}
	}
}
