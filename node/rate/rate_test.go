package rate

import (
	"fmt"
	"testing"
	"time"
)

// clock is a clock that stands still.
type clock struct{ at time.Time }

func (c *clock) limiter(perSecond, least, most int) *Limiter[int] {
	l := New[int](perSecond, least, most)
	l.now = func() time.Time { return c.at }
	return l
}

func TestTake(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	l := c.limiter(10, 0, 100)
	for i := range 10 * Burst {
		if _, ok := l.Take(1, 1); !ok {
			t.Fatalf("refused after %d", i)
		}
	}
	if wait, ok := l.Take(1, 5); ok || wait != 500*time.Millisecond {
		t.Fatalf("%v, %v", wait, ok)
	}
	if _, ok := l.Take(2, 1); !ok {
		t.Fatal("another key has its own bucket")
	}
	c.at = c.at.Add(500 * time.Millisecond)
	if _, ok := l.Take(1, 5); !ok {
		t.Fatal("refused when the wait was over")
	}
	c.at = c.at.Add(time.Hour)
	if _, ok := l.Take(1, 10*Burst+1); ok {
		t.Fatal("a bucket holds more than its size")
	}
	if _, ok := c.limiter(10, 200, 100).Take(1, 200); !ok {
		t.Fatal("what takes many at once can never be done")
	}
}

func TestCharge(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	l := c.limiter(10, 0, 100)
	if _, empty := l.Empty(1); empty {
		t.Fatal("empty before anything")
	}
	l.Charge(1, 10*Burst+10)
	if wait, empty := l.Empty(1); !empty || wait != 1100*time.Millisecond {
		t.Fatalf("%v, %v", wait, empty)
	}
	l.Charge(1, 1<<30)
	c.at = c.at.Add((Burst + 1) * time.Second)
	if wait, empty := l.Empty(1); empty {
		t.Fatalf("a charge counts for longer than a full bucket takes: %v", wait)
	}
}

// TestBound: however many come, the table keeps its size, and who took most is not
// forgotten.
func TestBound(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	l := c.limiter(10, 0, 100)
	l.Charge(-1, 10*Burst+10)
	for i := range 10_000 {
		l.Take(i, 1)
		if _, empty := l.Empty(-1); !empty {
			t.Fatalf("forgotten after %d others", i)
		}
	}
	if n := l.keys(); n < 50 || n > 100 {
		t.Fatalf("%d keys", n)
	}
	c.at = c.at.Add(time.Hour)
	for i := range 1000 {
		l.Charge(i, 2)
	}
	if _, ok := l.Take(-1, 10*Burst); !ok {
		t.Fatal("an hour later the bucket is not full")
	}
}

// keys is how many keys are remembered.
func (l *Limiter[K]) keys() (n int) {
	for _, s := range l.sets {
		for _, b := range s {
			if b.tag != 0 {
				n++
			}
		}
	}
	return n
}

func BenchmarkLimiter(b *testing.B) {
	l := New[string](100, 1, 1<<17)
	who := make([]string, 100_000)
	for i := range who {
		who[i] = fmt.Sprintf("p_%026d", i*7919%len(who))
	}
	for i := 0; b.Loop(); i++ {
		k := who[i%len(who)]
		if _, empty := l.Empty(k); !empty {
			l.Charge(k, 1)
		}
	}
}

func TestNone(t *testing.T) {
	l := New[int](0, 1, 1)
	l.Charge(1, 1<<30)
	if _, ok := l.Take(1, 1<<30); !ok {
		t.Fatal("no limit limits")
	}
	if _, empty := l.Empty(1); empty {
		t.Fatal("no limit is used up")
	}
}
