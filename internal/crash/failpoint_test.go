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
		p, up := h.start(t, fmt.Sprint("FAIL_TEST_INDEX=", at))
		if up {
			end := l.run(t, h, p)
			_ = p.wait(t, fmt.Sprintf("it was told to end at point %d", at))
			end()
		}
		if !strings.Contains(p.printed.String(), fmt.Sprintf("*** fail-test %d ***", at)) {
			t.Fatalf("the node ended with %v before it came to point %d", p.exit, at)
		}
		if p, up = h.start(t); !up {
			t.Fatalf("after point %d the node doesn't start again", at)
		}
		l.check(t, h, p)
		p.kill(t)
	}
	h.replay(t)
}
