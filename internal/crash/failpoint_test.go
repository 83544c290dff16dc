package crash

import (
	"fmt"
	"strings"
	"testing"
)

// failPoints are the places in committing a block where CometBFT can be told to
// end the process; they are numbered in the order in which they are passed.
const failPoints = 10

// TestFailPoints ends the node at each of them, in the first block after its
// start and in the second, and starts it again.
func TestFailPoints(t *testing.T) {
	h, p := begin(t)
	p.kill(t)
	l := &load{}
	for at := range 2 * failPoints {
		h.endAt(t, l, at)
		h.goesOn(t, l)
	}
	h.replay(t)
}

// TestFailTwice ends the node at one of them, starts it, and ends it again in the
// first block that it makes: what the first end left undone must not be needed by
// the second.
func TestFailTwice(t *testing.T) {
	h, p := begin(t)
	p.kill(t)
	l := &load{}
	for _, pair := range failTwice() {
		t.Logf("points %d and %d", pair[0], pair[1])
		h.endAt(t, l, pair[0])
		h.endAt(t, l, pair[1])
		h.goesOn(t, l)
	}
	h.replay(t)
}

// endAt starts the node, which is told to end at the point, and waits until it has.
func (h *home) endAt(t *testing.T, l *load, point int) {
	t.Helper()
	p, up := h.start(t, fmt.Sprint("FAIL_TEST_INDEX=", point))
	if up {
		end := l.run(t, h, p)
		_ = p.wait(t, fmt.Sprintf("it was told to end at point %d", point))
		end()
	}
	if !strings.Contains(p.printed.String(), fmt.Sprintf("*** fail-test %d ***", point)) {
		t.Fatalf("the node ended with %v before it came to point %d", p.exit, point)
	}
}

// goesOn starts the node, which has to finish what was begun, and kills it.
func (h *home) goesOn(t *testing.T, l *load) {
	t.Helper()
	p, up := h.start(t)
	if !up {
		t.Fatal("the node doesn't start again")
	}
	l.check(t, h, p)
	p.kill(t)
}
