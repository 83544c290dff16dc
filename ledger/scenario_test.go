package ledger_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A scenario is a story in testdata/<area>/<operation>.txtar: what people do,
// line by line, and what comes of it. It is the test of an operation and the
// place to look up what it does. The story stands before the first section;
// sections are files it refers to. Everything after # at the start of a line is
// prose.
//
// Who there is, from the start (genesis) unless a newcomer. The braces hold
// fields of troth.v1.Party; a company's handle is its name unless said:
//
//	company northbank {licensed: true}
//	person ana, ben
//	device meter {owner: $ana}
//	newcomer dora                     comes by herself
//	newcomer fay by kestrel           will be registered by kestrel
//	key ana/passkey WEBAUTHN          a key of another scheme than ED25519
//	params {quota_burst: 3}           instead of the usual ones
//
//	member kestrel 10                 a seat on the council, with key kestrel/validator
//
// What they do, each in a block of its own, a second after the last. Requests
// are YAML in one pair of braces, which may go on over indented lines:
//
//	ana: Transfer {to: $ben, amount: {asset: EUR@northbank, units: 500}}
//	ana by phone, tablet: Transfer {...}      signed with these of her keys
//	ana (expires 25h): Transfer {...}         see transaction.options
//	ana:                                      several operations at once
//		Transfer {...}
//		Burn {...}
//		refused INSUFFICIENT in operation 2: has 5 of
//	raw 0a03ff                                bytes that nobody would send
//
// Below, indented: `ok` (which may be left out), `refused CODE`, with a part of
// the message after a colon if it matters; `gives hold as h` to keep a field of
// the response as $h, `gives 2 hold as h` for the second operation's, and
// `gives left 30` to compare it.
//
//	block ... end                     the lines between share one block
//	wait 3h                           an empty block that much later
//	at $due                           the next block has this time
//	let due = $now+1h                 a name for something
//	statement s by meter {...}        a signed statement; $s is a CarriedStatement
//	possession p by ana/next for ana  a validator's key proves itself; $p is the signature
//	misbehaves ana/validator DUPLICATE_VOTE at 3   what consensus found out
//
// What is then so:
//
//	expect holding ana EUR@northbank available 500 held 0
//	expect parties ana frozen true    a table, a key, a path, a value
//	expect facts $f superseded_by ""
//	expect no holds $h
//	expect settled $p KEPT delivered in time
//	expect paid $p ben 500 EUR@northbank
//
// $ana is a party's id, $ana/phone a public key, $ana.salt what makes the id,
// $now the next block's time, $now+1h an hour later.

var update = flag.Bool("update", false, "write golden files anew")

// TestScenarios runs every story three times: on one core, on all of them, and
// as a replay of the first run's blocks. The map seeds differ each time; the
// app hashes must not.
func TestScenarios(t *testing.T) {
	for _, file := range scenarioFiles(t) {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/"), ".txtar")
		t.Run(name, func(t *testing.T) {
			story, err := parseStory(file)
			if err != nil {
				t.Fatal(err)
			}
			cores := runtime.NumCPU()
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			first := play(t, story)
			runtime.GOMAXPROCS(max(cores, 2))
			second := play(t, story)
			compare(t, "the second run", first, second.roots)
			compare(t, "the replay", first, replay(t, first))
		})
	}
}

func compare(t *testing.T, what string, first *player, roots [][32]byte) {
	t.Helper()
	if len(roots) != len(first.roots) {
		t.Fatalf("%s has %d blocks, the first had %d", what, len(roots), len(first.roots))
	}
	for i, root := range roots {
		if root != first.roots[i] {
			t.Fatalf("height %d: %s has the app hash %x, the first had %x", i+1, what, root, first.roots[i])
		}
	}
}

func scenarioFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no scenarios")
	}
	return files
}

// story is a parsed scenario.
type story struct {
	file  string
	steps []step
	files map[string][]byte
}

// step is one line with the indented lines that belong to it.
type step struct {
	line int
	text string
	sub  []string
}

// parseStory reads a scenario: comments dropped, requests that go on over
// several lines joined.
func parseStory(file string) (*story, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	ar := txtar.Parse(b)
	s := &story{file: file, files: map[string][]byte{}}
	for _, f := range ar.Files {
		s.files[f.Name] = f.Data
	}
	open := 0
	for i, line := range strings.Split(string(ar.Comment), "\n") {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		indented := line[0] == '\t' || line[0] == ' '
		switch last := len(s.steps) - 1; {
		case open > 0 && len(s.steps[last].sub) > 0:
			s.steps[last].sub[len(s.steps[last].sub)-1] += " " + text
		case open > 0:
			s.steps[last].text += " " + text
		case indented && last >= 0:
			s.steps[last].sub = append(s.steps[last].sub, text)
		default:
			s.steps = append(s.steps, step{line: i + 1, text: text})
		}
		open += strings.Count(text, "{") + strings.Count(text, "[") - strings.Count(text, "}") - strings.Count(text, "]")
	}
	return s, nil
}
