// Package demo plays Troth's stories on a running node through the public API:
// real signatures, real consensus, real shapes of input. Each story says what
// it expects and fails if anything differs.
package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// Payout is one amount that a promise paid.
type Payout struct {
	To     string `json:"to"`
	Amount string `json:"amount"`
	Asset  string `json:"asset"`
	From   string `json:"from"`
}

// Row is one promise as it came out.
type Row struct {
	Story    string   `json:"story"`
	Promise  string   `json:"promise"`
	Outcome  string   `json:"outcome"`
	Rule     string   `json:"rule"`
	Payouts  []Payout `json:"payouts"`
	Held     string   `json:"held"`
	SettleMS float64  `json:"settle_ms"`

	// Promised and Facts are for people.
	Promised string   `json:"-"`
	Facts    []string `json:"-"`
}

// Story is one promise's life.
type Story struct {
	Name string // such as "parcel delivered in time"
	Play func(context.Context, *World) (*Row, error)
}

// Stories are played in this order.
var Stories = []Story{
	{"parcel delivered in time", parcelDelivered},
}

// Play plays every story and hands each row to done as it is ready.
func Play(ctx context.Context, w *World, done func(*Row)) error {
	for _, s := range Stories {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		row, err := s.Play(ctx, w)
		cancel()
		if err != nil {
			return fmt.Errorf("story %q: %w", s.Name, err)
		}
		row.Story = s.Name
		done(row)
	}
	return nil
}

// word is an enum's value as people write it.
func word(o pb.Outcome) string {
	return map[pb.Outcome]string{
		pb.Outcome_KEPT: "kept", pb.Outcome_BROKEN: "broken", pb.Outcome_PARTIAL: "partial", pb.Outcome_VOIDED: "voided",
		pb.Outcome_DISCHARGED: "discharged", pb.Outcome_EXPIRED: "expired", pb.Outcome_GOES_ON: "active",
	}[o]
}
