package carrier

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, f Format, body string) *Update {
	t.Helper()
	u, err := f.Parse([]byte(body), time.UTC)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return u
}

func values(u *Update) string {
	var out []string
	for _, v := range u.Statement.Values {
		if v.Name != "claimed" {
			out = append(out, v.Name+"="+v.Value.GetString_())
		}
	}
	return strings.Join(out, " ")
}

// TestExample: the file that the stories use.
func TestExample(t *testing.T) {
	body, err := os.ReadFile("../../examples/parcel-delivered/aftership.json")
	if err != nil {
		t.Fatal(err)
	}
	u := parse(t, AfterShip, string(body))
	if s := u.Statement; s.Kind != "delivered" || u.Tracking != "JD014600003" || s.At.AsTime().Format(time.RFC3339) != "2026-11-22T08:58:40Z" {
		t.Errorf("%+v", u)
	}
	if got, want := values(u), "service=aftership status=Delivered detail=Delivered_001 code=DLV carrier=swiftparcel"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, v := range u.Statement.Values {
		if strings.Contains(fmt.Sprint(v), "Aarhus") || strings.Contains(fmt.Sprint(v), "addressee") {
			t.Errorf("a place or a message got through: %v", v)
		}
	}
}

// TestAfterShipKinds: every tag, and only Delivered is delivered.
func TestAfterShipKinds(t *testing.T) {
	want := "AttemptFail=attempt_failed AvailableForPickup=available_for_pickup Delivered=delivered Exception=exception " +
		"Expired=expired InTransit=in_transit InfoReceived=info_received OutForDelivery=out_for_delivery Pending=pending"
	for _, pair := range strings.Fields(want) {
		tag, kind, _ := strings.Cut(pair, "=")
		u := parse(t, AfterShip, `{"event":"tracking_update","event_id":"e1","ts":1795335600,"msg":{"tracking_number":"A1","tag":"`+tag+`"}}`)
		if u.Statement.Kind != kind {
			t.Errorf("%s is %s, want %s", tag, u.Statement.Kind, kind)
		}
	}
	if len(strings.Fields(want)) != len(afterShipKinds) {
		t.Errorf("%d tags, of which %d are tested", len(afterShipKinds), len(strings.Fields(want)))
	}
	u := parse(t, AfterShip, `{"event":"tracking_update","event_id":"e1","ts":1795335600,"msg":{"tracking_number":"A1","tag":"Exception","subtag":"Exception_011"}}`)
	if u.Statement.Kind != "returned" {
		t.Errorf("Exception_011 is %s", u.Statement.Kind)
	}
}

// TestDeliveryTime: a parcel is delivered at the first report of the last
// delivery, however often it is repeated.
func TestDeliveryTime(t *testing.T) {
	point := func(tag, at string) string {
		return `{"tag":"` + tag + `","checkpoint_time":"` + at + `","raw_tag":"` + at[11:13] + `"}`
	}
	body := `{"event":"tracking_update","event_id":"e1","ts":1795335600,"msg":{"tracking_number":"A1","tag":"Delivered","checkpoints":[` + strings.Join([]string{
		point("Delivered", "2026-11-20T10:00:00Z"), point("Exception", "2026-11-20T11:00:00Z"),
		point("Delivered", "2026-11-21T12:00:00+02:00"), point("Delivered", "2026-11-21T13:00:00+02:00")}, ",") + `]}}`
	u := parse(t, AfterShip, body)
	if got := u.Statement.At.AsTime().Format(time.RFC3339); got != "2026-11-21T10:00:00Z" || !strings.Contains(values(u), "code=12") {
		t.Errorf("delivered %s, %s", got, values(u))
	}
	zone := time.FixedZone("x", 3600)
	local := strings.ReplaceAll(body, "+02:00", "")
	u, err := AfterShip.Parse([]byte(local), zone)
	if err != nil || u.Statement.At.AsTime().Format(time.RFC3339) != "2026-11-21T11:00:00Z" {
		t.Errorf("%v, %v: a time without an offset is of the configured zone", u, err)
	}
}

const easyPost = `{"id":"evt_1","object":"Event","description":"tracker.updated","mode":"production","created_at":"2026-11-22T10:00:00Z",
"result":{"id":"trk_1","object":"Tracker","tracking_code":"EZ1000000001","status":"%s","status_detail":"arrived_at_destination","signed_by":"R BOLTON",
"carrier":"FedEx","updated_at":"2026-11-22T09:59:00Z","tracking_details":[
{"status":"in_transit","datetime":"2026-11-21T08:00:00Z","carrier_code":"AR"},
{"status":"delivered","datetime":"2026-11-22T09:00:00Z","carrier_code":"DL","message":"Left with R BOLTON","tracking_location":{"city":"OCEANSIDE","zip":"92056"}},
{"status":"unknown","datetime":"2026-11-22T09:10:00Z","carrier_code":"AE"}]}}`

// TestEasyPostKinds: every status, and only delivered is delivered.
func TestEasyPostKinds(t *testing.T) {
	want := "unknown=unknown pre_transit=info_received in_transit=in_transit out_for_delivery=out_for_delivery delivered=delivered " +
		"available_for_pickup=available_for_pickup return_to_sender=returned failure=exception cancelled=cancelled error=unknown"
	for _, pair := range strings.Fields(want) {
		status, kind, _ := strings.Cut(pair, "=")
		if u := parse(t, EasyPost, fmt.Sprintf(easyPost, status)); u.Statement.Kind != kind {
			t.Errorf("%s is %s, want %s", status, u.Statement.Kind, kind)
		}
	}
	if len(strings.Fields(want)) != len(easyPostKinds) {
		t.Errorf("%d statuses, of which %d are tested", len(easyPostKinds), len(strings.Fields(want)))
	}
	u := parse(t, EasyPost, fmt.Sprintf(easyPost, "delivered"))
	if got := u.Statement.At.AsTime().Format(time.RFC3339); got != "2026-11-22T09:00:00Z" || u.Statement.Reference != "evt_1" || u.Test {
		t.Errorf("%+v", u)
	}
	if got := fmt.Sprint(u.Statement); strings.Contains(got, "BOLTON") || strings.Contains(got, "OCEANSIDE") || strings.Contains(got, "92056") {
		t.Errorf("somebody's data got through: %s", got)
	}
	if u := parse(t, EasyPost, strings.Replace(fmt.Sprintf(easyPost, "delivered"), "production", "test", 1)); !u.Test {
		t.Error("the test mode went unnoticed")
	}
}

func TestIgnored(t *testing.T) {
	for f, body := range map[Format]string{
		AfterShip: `{"event":"edd_revise","msg":{}}`,
		EasyPost:  `{"id":"evt_1","description":"batch.created","result":{"object":"Batch"}}`,
	} {
		if u := parse(t, f, body); u.Ignored == "" || u.Statement != nil {
			t.Errorf("%s: %+v", f, u)
		}
	}
}

func TestShapes(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"event":1}`, `{"event":"else"}`, `{"event":"tracking_update"}`,
		`{"event":"tracking_update","event_id":"e","ts":1,"msg":{"tracking_number":"A1","tag":"Flown"}}`,
		`{"event":"tracking_update","event_id":"e","ts":1,"msg":{"tracking_number":"A 1; DROP","tag":"Delivered"}}`,
		`{"event":"tracking_update","event_id":"e","ts":1,"msg":{"tag":"Delivered"}}`,
		`{"event":"tracking_update","ts":1,"msg":{"tracking_number":"A1","tag":"Delivered"}}`,
		`{"event":"tracking_update","event_id":"` + strings.Repeat("e", 60) + ` left with the neighbour","ts":1,"msg":{"tracking_number":"A1","tag":"Delivered"}}`,
		`{"event":"tracking_update","event_id":"` + strings.Repeat("e", 129) + `","ts":1,"msg":{"tracking_number":"A1","tag":"Delivered"}}`,
		`{"event":"tracking_update","event_id":"e","msg":{"tracking_number":"A1","tag":"Delivered"}}`,
		`{"id":"e","description":"tracker.updated","result":{"tracking_code":"A1","status":"flown"}}`,
		`{"id":"e","description":"tracker.updated","result":{"tracking_code":"A1","status":"delivered","tracking_details":[{"status":"delivered","datetime":"2026-11-22"}]}}`,
	} {
		for _, f := range []Format{AfterShip, EasyPost} {
			if u, err := f.Parse([]byte(body), time.UTC); !errors.Is(err, ErrShape) {
				t.Errorf("%s: %s: %+v, %v", f, body, u, err)
			}
		}
	}
}

// TestVerify has the signatures as openssl makes them:
// printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET".
func TestVerify(t *testing.T) {
	body, secrets := []byte("what do ya want for nothing?"), [][]byte{[]byte("other"), []byte("Jefe")}
	h := http.Header{}
	h.Set("X-Hmac-Signature", "hmac-sha256-hex=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
	h.Set("aftership-hmac-sha256", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=")
	for _, f := range []Format{AfterShip, EasyPost} {
		if !f.Verify(h, body, secrets) {
			t.Errorf("%s: a right signature is refused", f)
		}
		if f.Verify(h, append(body, ' '), secrets) || f.Verify(h, body, secrets[:1]) || f.Verify(h, body, nil) || f.Verify(http.Header{}, body, secrets) {
			t.Errorf("%s: a wrong signature is accepted", f)
		}
		for _, bad := range []string{"", "x", "hmac-sha256-hex=", "hmac-sha256-hex=5bdc", "W9zB", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"} {
			g := http.Header{}
			g.Set("aftership-hmac-sha256", bad)
			g.Set("X-Hmac-Signature", bad)
			if f.Verify(g, body, secrets) {
				t.Errorf("%s: %q is accepted", f, bad)
			}
		}
	}
}

// TestNormalisedSecret: EasyPost normalises the secret; an e with its accent
// beside it is the same as the one letter.
func TestNormalisedSecret(t *testing.T) {
	h := http.Header{}
	h.Set("X-Hmac-Signature", "hmac-sha256-hex=47cb383424f2edfd80973f774bd7fab0c9925db3fdeab04d2a96259e6d91ce7a")
	for _, secret := range []string{"caf\u00e9", "cafe\u0301"} {
		if !EasyPost.Verify(h, []byte("{}"), [][]byte{[]byte(secret)}) {
			t.Errorf("%+q is not normalised", secret)
		}
	}
}

// FuzzParse: no body panics, and what is accepted has what a fact needs.
func FuzzParse(f *testing.F) {
	f.Add(`{"event":"tracking_update","event_id":"e","ts":1,"msg":{"tracking_number":"A1","tag":"Delivered"}}`)
	f.Add(fmt.Sprintf(easyPost, "delivered"))
	f.Fuzz(func(t *testing.T, body string) {
		for _, format := range []Format{AfterShip, EasyPost} {
			u, err := format.Parse([]byte(body), time.UTC)
			if err != nil || u.Ignored != "" {
				continue
			}
			if s := u.Statement; s.Kind == "" || s.Reference == "" || s.At == nil || u.Tracking == "" {
				t.Fatalf("%+v of %q", u, body)
			}
		}
	})
}
