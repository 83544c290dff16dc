package crash

import (
	"strconv"
	"testing"
	"time"
)

// failPoints are the places in committing a block where CometBFT can be told to
// end the process; they are numbered in the order in which they are passed.
const failPoints = 10

// TestFailPoints ends the node at each of them, in the first block and in a
// later one, and starts it again.
func TestFailPoints(t *testing.T) {
	h, p := begin(t)
	p.kill()
	l := &load{}
	for at := range failPoints {
		p, up := h.start(t, "FAIL_TEST_INDEX="+strconv.Itoa(at+failPoints*(at%2)))
		if up {
			done := l.run(t, h, p)
			select {
			case err := <-p.end:
				p.end <- err
			case <-time.After(20 * time.Second):
				p.kill()
				t.Fatalf("point %d wasn't reached", at)
			}
			done.Wait()
		}
		if p, up = h.start(t); !up {
			t.Fatalf("after point %d the node doesn't start again", at)
		}
		l.check(t, h, p)
		p.kill()
	}
	h.replay(t)
}
