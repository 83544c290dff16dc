package demo

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
)

// Act is something that somebody does.
type Act func(*stage) error

// Shape turns a file of one shape into what its sender states. A statement
// without a subject is about whatever the promise is about.
type Shape func(file []byte) ([]*pb.Statement, error)

// statements reads a file as if its last event happened when the story began.
func (s *stage) statements(file string, shape Shape) ([]*pb.Statement, error) {
	b, err := example(file, s.now)
	if err != nil {
		return nil, err
	}
	out, err := shape(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, st := range out {
		if st.Subject == "" {
			st.Subject = s.promise.Subjects[0]
		}
	}
	return out, nil
}

// report: a company or person states what a file of theirs says. A file that
// says nothing of interest is not sent.
func report(who, file string, shape Shape) Act {
	return func(s *stage) error {
		list, err := s.statements(file, shape)
		if err != nil || len(list) == 0 {
			return err
		}
		s.from = time.Now()
		if _, err := s.cast[who].Do(s, &pb.SubmitFactRequest{Statements: list}); err != nil {
			return fmt.Errorf("%s reports %s: %w", who, file, err)
		}
		return nil
	}
}

// carry: a device has signed what a file says, and somebody brings it.
func carry(who, device, file string, shape Shape) Act {
	return func(s *stage) error {
		list, err := s.statements(file, shape)
		if err != nil {
			return err
		}
		if err := s.bring(who); err != nil {
			return err
		}
		m := &pb.CarryFactRequest{}
		d := s.cast[device]
		for _, st := range list {
			signed, err := client.SignStatement(s.ChainID, d.Party, st, d.Keys[0])
			if err != nil {
				return err
			}
			m.Carried = append(m.Carried, signed)
		}
		s.from = time.Now()
		if _, err := s.cast[who].Do(s, m); err != nil {
			return fmt.Errorf("%s carries %s of %s: %w", who, file, device, err)
		}
		return nil
	}
}

// silence: nobody does anything, and the deadline lies so long after the
// story's beginning.
func silence(after time.Duration) Act {
	return func(s *stage) error { return s.awaits(s.now.Add(after)) }
}

// noAnswer: a challenge is not answered.
func noAnswer(s *stage) error { return s.awaits(s.promise.Assertion.Until.AsTime()) }

// awaits checks that the ledger will look at the promise by itself right after
// a deadline.
func (s *stage) awaits(deadline time.Time) error {
	if err := s.read(s.promise.Id); err != nil {
		return err
	}
	if got := s.promise.Wake.AsTime().Sub(deadline); got < 0 || got > time.Millisecond {
		return fmt.Errorf("the ledger looks at the promise at %s; expected its deadline, %s", s.promise.Wake.AsTime(), deadline)
	}
	s.from, s.deadline = deadline, true
	return nil
}

// periods: time passes until so many periods are settled.
func periods(n uint32) Act {
	return func(s *stage) error {
		return s.until(func(p *pb.Promise) bool { return p.Settlements >= n })
	}
}

// deposit: somebody pays into a hold what the bank's file says arrived.
func deposit(who, hold, file string) Act {
	return func(s *stage) error {
		b, err := example(file, s.now)
		if err != nil {
			return err
		}
		amounts, err := bankTransactions(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, units := range amounts {
			s.from, s.deadline = time.Now(), false
			if _, err := s.cast[who].Do(s, &pb.DepositRequest{Promise: s.promise.Id, Hold: hold, Units: units}); err != nil {
				return fmt.Errorf("%s pays in: %w", who, err)
			}
		}
		s.notes = append(s.notes, fmt.Sprintf("%d × paid in, by %s", len(amounts), who))
		return nil
	}
}

// challenge: somebody disputes what was reported, for the reason in a file.
func challenge(who, file string) Act {
	return func(s *stage) error {
		b, err := example(file, s.now)
		if err != nil {
			return err
		}
		claim, err := disputeReason(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		// The report has to have been heard first.
		if err := s.until(func(p *pb.Promise) bool { return p.State == pb.PromiseState_ASSERTED }); err != nil {
			return err
		}
		if _, err := s.cast[who].Do(s, &pb.ChallengeRequest{Promise: s.promise.Id, Claim: claim}); err != nil {
			return fmt.Errorf("%s challenges: %w", who, err)
		}
		s.notes = append(s.notes, "challenged, by "+who)
		return s.read(s.promise.Id)
	}
}

// answer: the other side stands by the report.
func answer(who string) Act {
	return func(s *stage) error {
		if _, err := s.cast[who].Do(s, &pb.AnswerRequest{Promise: s.promise.Id}); err != nil {
			return fmt.Errorf("%s answers: %w", who, err)
		}
		s.notes = append(s.notes, "answered, by "+who)
		return nil
	}
}

// ruling: the arbiter decides which rule applies.
func ruling(who, rule string) Act {
	return func(s *stage) error {
		s.from = time.Now()
		if _, err := s.cast[who].Do(s, &pb.RuleRequest{Promise: s.promise.Id, Rule: rule}); err != nil {
			return fmt.Errorf("%s rules: %w", who, err)
		}
		s.notes = append(s.notes, "ruled “"+rule+"”, by "+who)
		return nil
	}
}

// reserve: somebody sets money aside in a pool, for a hold of the promise.
func reserve(who, hold string, units int64) Act {
	return func(s *stage) error {
		res, _, err := client.Do1[pb.CreatePoolResponse](s, s.cast[who], &pb.CreatePoolRequest{Amount: euros(units), Label: "demo"})
		if err != nil {
			return fmt.Errorf("%s makes a pool: %w", who, err)
		}
		s.pools = append(s.pools, &pb.PoolChoice{Hold: hold, Pool: res.Pool})
		return nil
	}
}

// empty: the pool's owner takes out what is left, which must be so much.
func empty(who string, units int64) Act {
	return func(s *stage) error {
		for _, c := range s.pools {
			if _, err := s.cast[who].Do(s, &pb.DrawPoolRequest{Pool: c.Pool, Units: units}); err != nil {
				return fmt.Errorf("%s empties its pool: %w", who, err)
			}
		}
		return nil
	}
}

// sell: a device changes hands.
func sell(device, to string) Act {
	return func(s *stage) error {
		if err := s.bring(to); err != nil {
			return err
		}
		seller := s.cast[s.story.Devices[device]]
		_, err := seller.Do(s, &pb.TransferDeviceRequest{Device: s.cast[device].Party, To: s.cast[to].Party})
		return err
	}
}
