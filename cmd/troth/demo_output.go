package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/troth-ledger/troth/internal/demo"
)

// audience shows how the stories come out, and at the end what is left to say.
type audience interface {
	demo.Audience
	end() error
}

func newAudience(out, progress io.Writer, asJSON bool) audience {
	p := &progressLine{out: progress, hidden: !isScreen(progress)}
	if asJSON {
		return &jsonAudience{progressLine: p, out: out, rows: []*demo.Row{}}
	}
	return &tableAudience{progressLine: p, out: out}
}

// progressLine is one line that is written over, shown while something takes
// longer than two seconds.
type progressLine struct {
	out    io.Writer
	hidden bool
	width  int
}

func isScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Waiting implements demo.Audience.
func (p *progressLine) Waiting(story string, since time.Duration) {
	if p.hidden || since < 2*time.Second {
		return
	}
	p.wipe()
	line := fmt.Sprintf("… %s, %d s", story, int(since.Seconds()))
	p.width = utf8.RuneCountInString(line)
	fmt.Fprint(p.out, line)
}

// Failed implements demo.Audience. Play's error says what went wrong.
func (p *progressLine) Failed(story string, _ error) {
	p.wipe()
	fmt.Fprintf(p.out, "✗  %s\n", story)
}

func (p *progressLine) wipe() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

// jsonAudience prints a JSON array at the end.
type jsonAudience struct {
	*progressLine
	out  io.Writer
	rows []*demo.Row
}

// Played implements demo.Audience.
func (j *jsonAudience) Played(r *demo.Row) {
	j.wipe()
	j.rows = append(j.rows, r)
}

func (j *jsonAudience) end() error {
	j.wipe()
	enc := json.NewEncoder(j.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(j.rows)
}

// The table's columns.
const (
	tableWidth  = 100
	tableIndent = 14
	settledIn   = 12
)

// tableAudience prints a row a promise for people.
type tableAudience struct {
	*progressLine
	out io.Writer
	n   int
}

// Played implements demo.Audience.
func (t *tableAudience) Played(r *demo.Row) {
	t.wipe()
	if t.n == 0 {
		t.head(" #  STORY", "OUTCOME", "RULE THAT FIRED", "SETTLED IN")
	}
	t.n++
	facts := strings.Join(r.Facts, "; ")
	switch {
	case facts == "":
		facts = "none until the deadline"
	case r.Deadline:
		facts += "; then nothing until the deadline"
	}
	t.head(fmt.Sprintf("%2d  %s", t.n, r.Story), strings.ToUpper(r.Outcome), r.Rule, fmt.Sprintf("%.1f ms", r.SettleMS))
	t.line("promised", r.Promised)
	t.line("facts", facts)
	t.line("paid", paidTo(r.Payouts))
	fmt.Fprintln(t.out)
}

func (t *tableAudience) head(story, outcome, rule, settled string) {
	line := fmt.Sprintf("%-35s %-8s %s", story, outcome, rule)
	room := max(tableWidth-settledIn-utf8.RuneCountInString(line), 1)
	fmt.Fprintf(t.out, "%s%*s%*s\n", line, room, "", settledIn, settled)
}

func (t *tableAudience) end() error {
	t.wipe()
	_, err := fmt.Fprintf(t.out, "%d promises ended as they should, and nothing of theirs is held any more.\n"+
		"Settled in: from when the last fact was sent, or from the deadline, until the money had moved.\n", t.n)
	return err
}

// line prints a label and a text, which goes on below itself.
func (t *tableAudience) line(label, text string) {
	fmt.Fprintf(t.out, "    %-*s", tableIndent-4, label)
	used := tableIndent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > tableWidth:
			fmt.Fprintf(t.out, "\n%*s", tableIndent, "")
			used = tableIndent
		default:
			fmt.Fprint(t.out, " ")
			used++
		}
		fmt.Fprint(t.out, word)
		used += n
	}
	fmt.Fprintln(t.out)
}

// paidTo is who got what, out of which hold: a receiver once, and a hold once
// where its payouts follow each other.
func paidTo(payouts []demo.Payout) string {
	var receivers, assets []string
	got := map[string]string{}
	last := map[string]string{}
	for _, p := range payouts {
		switch {
		case got[p.To] == "":
			receivers = append(receivers, p.To)
			got[p.To] = p.Amount
		case last[p.To] == p.From:
			got[p.To] += " + " + p.Amount
		default:
			got[p.To] += " from " + last[p.To] + ", " + p.Amount
		}
		last[p.To] = p.From
		if !slices.Contains(assets, p.Asset) {
			assets = append(assets, p.Asset)
		}
	}
	if len(receivers) == 0 {
		return "nobody"
	}
	var out []string
	for _, to := range receivers {
		out = append(out, to+" "+got[to]+" from "+last[to])
	}
	return strings.Join(out, "; ") + " (" + strings.Join(assets, ", ") + ")"
}
