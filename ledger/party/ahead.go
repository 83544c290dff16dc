package party

import "github.com/troth-ledger/troth/ledger/state"

// Ahead names the rows that any transaction of a party needs.
func Ahead(id string, row func(state.Ref)) {
	row(Parties.Ref(state.Key(id)))
	row(Quotas.Ref(state.Key(id)))
}
