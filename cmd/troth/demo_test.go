package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The stories as they must come out: story, outcome, rule, and all payouts.
var demoWant = []string{
	"parcel delivered in time | kept | delivered in time | @hearthgoods 120.00, @hearthgoods 12.00",
	"parcel late | broken | delivered late, or never | Ben 120.00, Ben 12.00",
	"parcel lost | broken | delivered late, or never | Chen 120.00, Chen 12.00",
	"toaster warranty | broken | failed within the warranty | Dora 49.90",
	"flight delay, 2 h 59 | kept | less than three hours late | @kestrel 600.00",
	"flight delay, 1,445 km | broken | three hours late or more | Edda 250.00",
	"flight delay, 2,497 km | broken | three hours late or more | Edda 400.00",
	"flight delay, 3 h 59 | broken | three to four hours late beyond 3,500 km | Edda 300.00, @kestrel 300.00",
	"flight delay, 4 h | broken | three to four hours late beyond 3,500 km | Edda 300.00, @kestrel 300.00",
	"flight delay, 4 h 01 | broken | three hours late or more | Edda 600.00",
	"internet line, early | kept | activated in time | @brightline 59.00, @brightline 20.00",
	"internet line, missed | broken | not activated in time | Gil 59.00, Gil 20.00",
	"software service credit | partial | last period | Hana 80.00, Hana 20.00, Hana 50.00, Hana 50.00, Hana 20.00, @cloudworks 180.00",
	"instalment sale | kept | last period | @pinewood 100.00, @pinewood 100.00, @pinewood 100.00, Ines 150.00",
	"instalment sale, one missed | partial | last period | @pinewood 100.00, @pinewood 100.00, @pinewood 100.00, Jon 50.00",
	"fragile goods | partial | delivered with shocks | @claywares 12.50, Kofi 7.50",
	"fragile goods, down to nothing | partial | delivered with shocks | Kofi 20.00",
	"perishable goods | partial | delivered after excursions | @freshfield 600.00, Lena 200.00",
	"disputed delivery, ruled | broken | not delivered | Mira 90.00, Mira 10.00, Mira 6.00, @fairhand 4.00",
	"disputed delivery, silence | broken | not delivered | Noor 90.00, Noor 10.00",
	"a job between two people | kept | accepted | Olu 80.00",
}

// TestDemo is the test of the whole: a node, its API, thirteen stories.
func TestDemo(t *testing.T) {
	var out bytes.Buffer
	root := newRootCommand()
	root.SetArgs([]string{"demo", "--json"})
	root.SetOut(&out)
	root.SetErr(t.Output())
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatalf("not a JSON array of objects: %v\n%s", err, &out)
	}
	for i, row := range rows {
		keys := slices.Sorted(maps.Keys(row))
		if want := []string{"held", "outcome", "payouts", "promise", "rule", "settle_ms", "story"}; !slices.Equal(keys, want) {
			t.Fatalf("row %d has the keys %q, expected %q", i+1, keys, want)
		}
		if i >= len(demoWant) {
			t.Fatalf("%d rows, expected %d", len(rows), len(demoWant))
		}
		if got := demoLine(t, row); got != demoWant[i] {
			t.Errorf("row %d:\ngot      %s\nexpected %s", i+1, got, demoWant[i])
		}
		if ms := row["settle_ms"].(float64); ms <= 0 || row["held"] != "0.00" {
			t.Errorf("row %d: settle_ms %v, held %v", i+1, ms, row["held"])
		}
	}
	if len(rows) != len(demoWant) {
		t.Fatalf("%d rows, expected %d", len(rows), len(demoWant))
	}
}

func demoLine(t *testing.T, row map[string]any) string {
	var paid []string
	for _, p := range row["payouts"].([]any) {
		p := p.(map[string]any)
		if len(p) != 4 || p["asset"] != "EUR@northbank" || p["from"] == "" {
			t.Errorf("a payout with to, amount, asset and from was expected, not %v", p)
		}
		paid = append(paid, p["to"].(string)+" "+p["amount"].(string))
	}
	return strings.Join([]string{row["story"].(string), row["outcome"].(string), row["rule"].(string), strings.Join(paid, ", ")}, " | ")
}
