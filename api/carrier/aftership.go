package carrier

import (
	"fmt"
	"time"
)

// afterShipKinds maps a tag to a kind of fact. Only Delivered is delivered, and
// Expired says that nothing was heard, not that anything went wrong.
var afterShipKinds = map[string]string{
	"Pending":            "pending",
	"InfoReceived":       "info_received",
	"InTransit":          "in_transit",
	"OutForDelivery":     "out_for_delivery",
	"AttemptFail":        "attempt_failed",
	"AvailableForPickup": "available_for_pickup",
	"Delivered":          "delivered",
	"Exception":          "exception",
	"Expired":            "expired",
}

// afterShipReturned is the subtag of a parcel that is back with its sender.
const afterShipReturned = "Exception_011"

// afterShipEvent has the fields that are read; what isn't here is dropped.
type afterShipEvent struct {
	Event   string `json:"event"`
	EventID string `json:"event_id"`
	TS      int64  `json:"ts"`
	Msg     *struct {
		Tracking    string                `json:"tracking_number"`
		Slug        string                `json:"slug"`
		Tag         string                `json:"tag"`
		Subtag      string                `json:"subtag"`
		Checkpoints []afterShipCheckpoint `json:"checkpoints"`
	} `json:"msg"`
}

type afterShipCheckpoint struct {
	Time   string `json:"checkpoint_time"`
	Tag    string `json:"tag"`
	Subtag string `json:"subtag"`
	RawTag string `json:"raw_tag"`
	Hash   string `json:"hash"`
}

func parseAfterShip(body []byte, zone *time.Location) (*Update, error) {
	var e afterShipEvent
	if err := decode(body, &e); err != nil {
		return nil, err
	}
	switch e.Event {
	case "tracking_update":
	case "edd_revise", "tracking_pending_time":
		return &Update{Ignored: "an estimate or a reminder is no fact about a parcel"}, nil
	default:
		return nil, fmt.Errorf("%w: the event is %.40q, not tracking_update", ErrShape, e.Event)
	}
	if e.Msg == nil {
		return nil, fmt.Errorf("%w: msg is missing", ErrShape)
	}
	kind, ok := afterShipKinds[e.Msg.Tag]
	if !ok {
		return nil, fmt.Errorf("%w: the tag is %.40q, not one of AfterShip's", ErrShape, e.Msg.Tag)
	}
	if e.Msg.Subtag == afterShipReturned {
		kind = "returned"
	}
	s := &status{service: AfterShip, tracking: e.Msg.Tracking, kind: kind, said: e.Msg.Tag, detail: e.Msg.Subtag,
		carrier: e.Msg.Slug, reference: e.EventID}
	if i := lastRun(len(e.Msg.Checkpoints), func(i int) bool { return e.Msg.Checkpoints[i].Tag == e.Msg.Tag }); i >= 0 {
		c := e.Msg.Checkpoints[i]
		s.code, s.at = c.RawTag, parseTime(c.Time, zone)
		if c.Hash != "" {
			s.reference = c.Hash
		}
	}
	// A status may come without its checkpoint, such as Pending and Expired. Then
	// it was reached by the time of the update, at the latest.
	if s.at.IsZero() && e.TS > 0 {
		s.at = time.Unix(e.TS, 0).UTC()
	}
	return s.update()
}

// lastRun returns the first of the last unbroken run of entries that match, -1
// where the run is empty: a parcel is delivered at the first report of it, not
// when the proof of it is added.
func lastRun(n int, match func(int) bool) int {
	last := n - 1
	for last >= 0 && !match(last) {
		last--
	}
	first := last
	for first > 0 && match(first-1) {
		first--
	}
	return first
}
