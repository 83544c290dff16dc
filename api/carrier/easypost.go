package carrier

import (
	"fmt"
	"time"
)

// easyPostKinds maps a status to a kind of fact. An error is one of tracking the
// parcel, not one of the parcel.
var easyPostKinds = map[string]string{
	"unknown":              "unknown",
	"pre_transit":          "info_received",
	"in_transit":           "in_transit",
	"out_for_delivery":     "out_for_delivery",
	"delivered":            "delivered",
	"available_for_pickup": "available_for_pickup",
	"return_to_sender":     "returned",
	"failure":              "exception",
	"cancelled":            "cancelled",
	"error":                "unknown",
}

// easyPostEvent has the fields that are read; what isn't here is dropped.
type easyPostEvent struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Mode        string `json:"mode"`
	Created     string `json:"created_at"`
	Result      *struct {
		Object   string           `json:"object"`
		Tracking string           `json:"tracking_code"`
		Status   string           `json:"status"`
		Detail   string           `json:"status_detail"`
		Carrier  string           `json:"carrier"`
		Updated  string           `json:"updated_at"`
		Details  []easyPostDetail `json:"tracking_details"`
	} `json:"result"`
}

type easyPostDetail struct {
	Status string `json:"status"`
	Time   string `json:"datetime"`
	Code   string `json:"carrier_code"`
}

func parseEasyPost(body []byte, zone *time.Location) (*Update, error) {
	var e easyPostEvent
	if err := decode(body, &e); err != nil {
		return nil, err
	}
	switch {
	case e.Description == "" || e.Result == nil:
		return nil, fmt.Errorf("%w: description or result is missing", ErrShape)
	case e.Description != "tracker.updated" && e.Description != "tracker.created":
		return &Update{Ignored: "only trackers say anything about a parcel"}, nil
	}
	kind, ok := easyPostKinds[e.Result.Status]
	if !ok {
		return nil, fmt.Errorf("%w: the status is %.40q, not one of EasyPost's", ErrShape, e.Result.Status)
	}
	s := &status{service: EasyPost, tracking: e.Result.Tracking, kind: kind, said: e.Result.Status, detail: e.Result.Detail,
		carrier: e.Result.Carrier, reference: e.ID}
	// Lines that say nothing about the status, such as an estimate, don't break
	// a run.
	known := e.Result.Details[:0:0]
	for _, d := range e.Result.Details {
		if d.Status != "unknown" || e.Result.Status == "unknown" {
			known = append(known, d)
		}
	}
	if i := lastRun(len(known), func(i int) bool { return known[i].Status == e.Result.Status }); i >= 0 {
		s.code, s.at = known[i].Code, parseTime(known[i].Time, zone)
	}
	// A status may come without its line. Then it was reached by the time of the
	// update, at the latest.
	for _, t := range []string{e.Result.Updated, e.Created} {
		if s.at.IsZero() {
			s.at = parseTime(t, zone)
		}
	}
	u, err := s.update()
	if err == nil {
		u.Test = e.Mode == "test"
	}
	return u, err
}
