package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// Flights by distance and delay, and what Regulation (EC) 261/2004 says. Half
// may be kept beyond 3,500 km where the delay does not exceed four hours.
var flights = []Story{
	flight("flight delay, 2 h 59", "KE901-2h59.json", 600_00, 0, "less than three hours late"),
	flight("flight delay, 1,445 km", "KE118-3h00.json", 250_00, 250_00, "three hours late or more"),
	flight("flight delay, 2,497 km", "KE437-3h20.json", 400_00, 400_00, "three hours late or more"),
	flight("flight delay, 3 h 59", "KE903-3h59.json", 600_00, 300_00, "three to four hours late beyond 3,500 km"),
	flight("flight delay, 4 h", "KE905-4h00.json", 600_00, 300_00, "three to four hours late beyond 3,500 km"),
	flight("flight delay, 4 h 01", "KE907-4h01.json", 600_00, 600_00, "three hours late or more"),
}

// flight is the story of one flight record: the bond, and how much of it the
// passenger gets.
func flight(name, file string, bond, owed int64, rule string) Story {
	file = "flight/" + file
	s := Story{
		Name:     name,
		Template: "flight-delay-eu261",
		Roles:    map[string]string{"airline": "@kestrel", "passenger": "Edda", "airport": "@flightwatch", "authority": "@airsafety"},
		Purses:   map[string]int64{"@kestrel": 600_00, "Edda": 1_00},
		Offers:   "@kestrel",
		Terms: func(now time.Time) Terms {
			f, err := flightIn(file, now)
			if err != nil {
				panic(err) // the file is part of the program
			}
			return Terms{
				"flight": text(f.id()), "scheduled": at(f.Arrival.Scheduled.time()), "distance": whole(int64(f.Distance.Meter)),
				"intra_eu": yes(false), "short": cents(250_00), "medium": cents(400_00), "long": cents(600_00),
			}
		},
		Acts: []Act{report("@flightwatch", file, flightStatus)},
		Want: Want{Outcome: "broken", Rule: rule, Change: map[string]int64{"@kestrel": -owed, "Edda": +owed}},
	}
	if owed == 0 {
		s.Want.Outcome = "kept"
	}
	for _, p := range []Paid{{"Edda", owed, "bond"}, {"@kestrel", bond - owed, "bond"}} {
		if p.Cents > 0 {
			s.Want.Paid = append(s.Want.Paid, p)
		}
	}
	return s
}

// flightRecord is one flight in the shape of AeroDataBox.
type flightRecord struct {
	Number   string
	Status   string
	Distance struct {
		Meter float64
	} `json:"greatCircleDistance"`
	Arrival struct {
		Scheduled flightTime `json:"scheduledTime"`
		Revised   flightTime `json:"revisedTime"`
	}
}

type flightTime struct{ UTC string }

func (t flightTime) time() time.Time {
	out, _ := time.Parse("2006-01-02 15:04Z07:00", t.UTC) // checked by parseFlight
	return out
}

// id is the flight's number and day, such as KE901/2026-11-21.
func (f *flightRecord) id() string {
	return strings.ReplaceAll(f.Number, " ", "") + "/" + f.Arrival.Scheduled.time().Format(time.DateOnly)
}

func flightIn(file string, now time.Time) (*flightRecord, error) {
	b, err := example(file, now)
	if err != nil {
		return nil, err
	}
	return parseFlight(b)
}

func parseFlight(b []byte) (*flightRecord, error) {
	var list []flightRecord
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, err
	}
	if len(list) != 1 || list[0].Arrival.Scheduled.time().IsZero() || list[0].Arrival.Revised.time().IsZero() {
		return nil, fmt.Errorf("expected one flight with both its times of arrival")
	}
	return &list[0], nil
}

// flightStatus: at an arrived flight's revised time its doors opened.
func flightStatus(file []byte) ([]*pb.Statement, error) {
	f, err := parseFlight(file)
	if err != nil || f.Status != "Arrived" {
		return nil, err
	}
	return []*pb.Statement{{Subject: "flight:" + f.id(), Kind: "doors_open", At: timestamppb.New(f.Arrival.Revised.time()),
		Reference: f.id()}}, nil
}
