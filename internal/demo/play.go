package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
)

// stage is a story being played.
type stage struct {
	context.Context
	*World
	story *Story
	now   time.Time                 // when it began, to the second
	cast  map[string]*client.Wallet // by name
	names map[string]string         // party -> name

	pools    []*pb.PoolChoice
	promise  *pb.Promise // as it was last read
	notes    []string    // what was done beside stating facts
	from     time.Time   // when the last fact was sent, or the deadline
	deadline bool        // from is a deadline
}

// play plays a story from its first coin to its last check.
func play(ctx context.Context, w *World, story *Story) (*Row, error) {
	s := &stage{Context: ctx, World: w, story: story,
		cast: map[string]*client.Wallet{}, names: map[string]string{}}
	if err := s.enter(); err != nil {
		return nil, err
	}
	before, err := s.purses()
	if err != nil {
		return nil, err
	}
	if err := s.do(story.Before); err != nil {
		return nil, err
	}
	if err := s.offer(); err != nil {
		return nil, err
	}
	if err := s.do(story.Acts); err != nil {
		return nil, err
	}
	took, err := s.settled()
	if err != nil {
		return nil, err
	}
	if err := s.do(story.After); err != nil {
		return nil, err
	}
	return s.check(took, before)
}

func (s *stage) do(acts []Act) error {
	for _, act := range acts {
		if err := act(s); err != nil {
			return err
		}
	}
	return nil
}

// enter brings on everybody the story names and fills their purses.
func (s *stage) enter() error {
	for _, name := range slices.Sorted(maps.Values(s.story.Roles)) {
		if err := s.bring(name); err != nil {
			return fmt.Errorf("bringing on %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.story.Purses)) {
		if err := s.bring(name); err != nil {
			return fmt.Errorf("bringing on %s: %w", name, err)
		}
		if _, err := s.bank.Do(s, &pb.IssueRequest{To: s.cast[name].Party, Amount: euros(s.story.Purses[name])}); err != nil {
			return fmt.Errorf("giving money to %s: %w", name, err)
		}
	}
	return nil
}

func (s *stage) bring(name string) error {
	if s.cast[name] != nil {
		return nil
	}
	var wallet *client.Wallet
	var err error
	maker := s.story.Devices[name]
	switch {
	case strings.HasPrefix(name, "@"):
		wallet, err = s.company(name)
	case maker == "":
		wallet, err = s.newcomer(s, pb.PartyKind_PERSON, nil)
	default:
		if err := s.bring(maker); err != nil {
			return err
		}
		wallet, err = s.newcomer(s, pb.PartyKind_DEVICE, s.cast[maker])
	}
	if err != nil {
		return err
	}
	s.cast[name], s.names[wallet.Party] = wallet, name
	return nil
}

// offer offers the promise, and lets the others accept it.
func (s *stage) offer() error {
	publisher := s.story.Publisher
	if publisher == "" {
		publisher = s.story.Offers
	}
	if err := s.bring(publisher); err != nil {
		return err
	}
	template, err := s.publish(s, s.cast[publisher], s.story.Template)
	if err != nil {
		return err
	}
	s.now = time.Now().UTC().Truncate(time.Second)
	o := &pb.OfferRequest{Template: template, Terms: s.story.Terms(s.now).named(), Pools: s.pools}
	for _, role := range slices.Sorted(maps.Keys(s.story.Roles)) {
		o.Roles = append(o.Roles, &pb.RoleBinding{Role: role, Parties: []string{s.cast[s.story.Roles[role]].Party}})
	}
	res, _, err := client.Do1[pb.OfferResponse](s, s.cast[s.story.Offers], o)
	if err != nil {
		return fmt.Errorf("%s offers: %w", s.story.Offers, err)
	}
	for _, name := range s.story.Accepts {
		if _, err := s.cast[name].Do(s, &pb.AcceptRequest{Promise: res.Promise}); err != nil {
			return fmt.Errorf("%s accepts: %w", name, err)
		}
	}
	return s.read(res.Promise)
}

func (s *stage) read(id string) error {
	res, err := s.api.GetPromise(s, connect.NewRequest(&pb.GetRequest{Id: id}))
	if err != nil {
		return err
	}
	s.promise = res.Msg.Promise
	return nil
}

// pollEvery is how often a promise is read while waiting for it.
const pollEvery = 2 * time.Millisecond

// until reads the promise again and again until it is as it should be.
func (s *stage) until(reached func(*pb.Promise) bool) error {
	pause := time.Until(s.from) // nothing happens before a deadline
	for !reached(s.promise) {
		select {
		case <-time.After(max(pause, pollEvery)):
			pause = 0
		case <-s.Done():
			return fmt.Errorf("the promise %s is still %s", s.promise.Id, s.promise.State)
		}
		if err := s.read(s.promise.Id); err != nil {
			return err
		}
	}
	return nil
}

// settled waits for the settlement and says how long it took since the last
// fact was sent, or since the deadline.
func (s *stage) settled() (time.Duration, error) {
	err := s.until(func(p *pb.Promise) bool { return p.State == pb.PromiseState_SETTLED })
	return time.Since(s.from), err
}
