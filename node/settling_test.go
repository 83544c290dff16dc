package node

import (
	"errors"
	"strings"
	"testing"
)

// Once a block could not be written, none is after it, and whoever asks is told
// the first cause; also where the store panicked.
func TestSettlingFails(t *testing.T) {
	full := errors.New("no space left on device")
	for name, work := range map[string]func() error{
		"an error": func() error { return full },
		"a panic":  func() error { panic(full) },
	} {
		t.Run(name, func(t *testing.T) {
			var s settling
			if err := s.wait(); err != nil {
				t.Fatal(err)
			}
			ran := 0
			s.begin(func() error { ran++; return nil })
			if err := s.wait(); err != nil || ran != 1 {
				t.Fatal(err, ran)
			}
			s.begin(work)
			if err := s.wait(); !errors.Is(err, full) {
				t.Fatal(err)
			}
			if s.begin(func() error { ran++; return errors.New("another") }) {
				t.Fatal("begun after a failure")
			}
			if err := s.wait(); !errors.Is(err, full) || ran != 1 {
				t.Fatal(err, ran)
			}
		})
	}
	var s settling
	broken := s.broken()
	s.fail(full)
	s.fail(errors.New("another"))
	if err := s.wait(); !errors.Is(err, full) {
		t.Fatal(err)
	}
	select {
	case <-broken:
	default:
		t.Fatal("it isn't told")
	}
	s = settling{}
	s.begin(func() error { panic("unlocked") })
	if err := s.wait(); err == nil || !strings.HasPrefix(err.Error(), "unlocked\n") {
		t.Fatal(err)
	}
}
