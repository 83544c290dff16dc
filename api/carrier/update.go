package carrier

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
)

// Format is how a sender writes its webhooks.
type Format string

// The formats that are understood.
const (
	AfterShip Format = "aftership"
	EasyPost  Format = "easypost"
)

// Update is what a webhook says about a parcel.
type Update struct {
	// Statement is what to put on the ledger, but for its subject; nil where
	// there is nothing to state, and then Ignored says why.
	Statement *pb.Statement
	Tracking  string
	Ignored   string
	// Test is set for an update of the sender's test mode.
	Test bool
}

// ErrShape says that a body is not of the format.
var ErrShape = errors.New("not a webhook of the configured format")

// Parse reads a body. zone is the zone of times without an offset.
func (f Format) Parse(body []byte, zone *time.Location) (*Update, error) {
	if f == AfterShip {
		return parseAfterShip(body, zone)
	}
	return parseEasyPost(body, zone)
}

var (
	trackingForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// codeForm has no spaces, so that no sentence gets through as a code.
	codeForm      = regexp.MustCompile(`^[A-Za-z0-9_.:/+-]{1,48}$`)
	referenceForm = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9_.:/+-]{1,%d}$`, fact.ReferenceMax))
)

// status is what was read of a payload, before it becomes a statement.
type status struct {
	service   Format
	tracking  string
	kind      string // of the fact
	said      string // the sender's status
	detail    string // the sender's finer status
	code      string // the carrier's own
	carrier   string
	at        time.Time
	reference string
}

func (s *status) update() (*Update, error) {
	switch {
	case !trackingForm.MatchString(s.tracking):
		return nil, fmt.Errorf("%w: the tracking number is not 1 to 64 letters, digits, - and _", ErrShape)
	case !referenceForm.MatchString(s.reference):
		return nil, fmt.Errorf("%w: it has no id to tell it from others", ErrShape)
	case s.at.IsZero():
		return nil, fmt.Errorf("%w: it doesn't say when it happened", ErrShape)
	}
	st := &pb.Statement{Kind: s.kind, At: timestamppb.New(s.at), Reference: s.reference}
	for _, v := range []struct{ name, text string }{
		{"service", string(s.service)}, {"status", s.said}, {"detail", s.detail}, {"code", s.code}, {"carrier", s.carrier},
	} {
		if codeForm.MatchString(v.text) {
			st.Values = append(st.Values, &pb.NamedValue{Name: v.name, Value: &pb.Value{Value: &pb.Value_String_{String_: v.text}}})
		}
	}
	st.Values = append(st.Values, &pb.NamedValue{Name: "claimed", Value: &pb.Value{Value: &pb.Value_Time{Time: st.At}}})
	return &Update{Statement: st, Tracking: s.tracking}, nil
}

// Subject puts a parcel's number into a pattern such as "parcel:{tracking}".
func Subject(pattern, tracking string) string {
	return strings.Replace(pattern, "{tracking}", tracking, 1)
}

// layouts are how the senders write times.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05-0700"}

// parseTime reads a time; the zero time where it is none. A date alone is none:
// it could be either side of a deadline.
func parseTime(s string, zone *time.Location) time.Time {
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, zone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: not the JSON expected", ErrShape)
	}
	return nil
}
