package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A part that is measured again takes its place among the others, on the same machine
// only.
func TestAgain(t *testing.T) {
	o := &options{out: filepath.Join(t.TempDir(), "results.json"), only: map[string]bool{"growth": true}, again: true, size: fullSize}
	was := Results{Machine: machine(), Size: fullSize, Latency: []Latency{{}}, Growth: []Growth{{Objects: 1}}}
	was.Machine.When = "before"
	b, err := json.Marshal(was)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.out, b, 0o600); err != nil {
		t.Fatal(err)
	}
	is := &Results{Machine: machine(), Size: fullSize, Growth: []Growth{{Objects: 2}, {Objects: 3}}}
	is.Size.Objects = []int{2, 3}
	all, err := is.within(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Growth) != 2 || len(all.Latency) != 1 || all.Machine.When != "before" || all.Again["growth"] != is.Machine.When || len(all.Size.Objects) != 2 {
		t.Errorf("%+v", all)
	}
	is.Machine.Cores++
	if _, err := is.within(o); err == nil {
		t.Error("of another machine, and taken")
	}
	for _, args := range [][]string{{"-again"}, {"-again", "-only", "troth-transfer"}} {
		if _, err := parse(append(args, "-troth", o.out)); err == nil {
			t.Errorf("%v: taken", args)
		}
	}
}
