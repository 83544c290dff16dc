package node

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/troth-ledger/troth/ledger/state"
)

// An export is a state as text, to be read by anything and to begin a new chain
// with: see docs/operating/durability.md. It has a JSON object a line, each field
// in its place and written in one way, so that a state has one export: a header,
// the rows by table number and key, the used keys by minute and height, and an
// end with the SHA-256 of every byte before it.

// ExportFormat and ExportVersion name this format.
const (
	ExportFormat  = "troth-export"
	ExportVersion = 2
)

// ExportHeader is an export's first line.
type ExportHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	ChainID string `json:"chain_id"`
	// Height is the last whose block is in the state, Time that block's, Root the
	// state's root in hexadecimal.
	Height int64     `json:"height"`
	Time   time.Time `json:"time"`
	Root   string    `json:"root"`
	Rows   int       `json:"rows"`
	// Validators are those of the next height.
	Validators []ExportValidator `json:"validators"`
}

// ExportValidator is a validator of the exported chain.
type ExportValidator struct {
	PublicKey []byte `json:"public_key"` // Ed25519
	Power     int64  `json:"power"`
}

// exportLine is a line behind the header: a row, used keys, or the end.
type exportLine struct {
	// A row: the number and the name of its table, its key, and the encoded
	// record, whose message the schema has.
	Number byte   `json:"number,omitempty"`
	Table  string `json:"table,omitempty"`
	Key    []byte `json:"key,omitempty"`
	Record []byte `json:"record,omitempty"`
	// Used keys of transactions: the minute since 1970 at whose end they are free,
	// the height of their block, and 16 bytes each.
	Minute uint32 `json:"minute,omitempty"`
	Height int64  `json:"height,omitempty"`
	Used   []byte `json:"used,omitempty"`
	// The end.
	SHA256 string `json:"sha256,omitempty"`
}

// Exported is what Export wrote, or Import read.
type Exported struct {
	ExportHeader
	SHA256 string
}

// Export writes the state of a node that doesn't run, or of a backup. seen is
// told how many of all rows are written.
func Export(home string, w io.Writer, seen func(rows, of int)) (out *Exported, err error) {
	r, err := openResting(home)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	steps := []func() error{r.readDoc, r.openLedger}
	if r.there("data/" + dbBlocks) {
		steps = append(steps, r.openChain)
	}
	for _, open := range steps {
		if err := open(); err != nil {
			return nil, fmt.Errorf("%w; find out more with: troth fsck --home %s", err, home)
		}
	}
	v := r.ledger.View()
	defer v.Release()
	head, err := r.exportHeader(v)
	if err != nil {
		return nil, err
	}
	e := newExporter(w)
	e.line(head)
	n := 0
	names := tableNames()
	for row, err := range v.Rows() {
		if err != nil {
			return nil, err
		}
		e.line(&exportLine{Number: row.Table, Table: names[row.Table], Key: []byte(row.Key), Record: row.Value})
		if n++; n%1024 == 0 {
			seen(n, head.Rows)
		}
	}
	for u, err := range v.UsedRows() {
		if err != nil {
			return nil, err
		}
		e.line(&exportLine{Minute: u.Minute, Height: u.Height, Used: u.Keys})
	}
	sum, err := e.end()
	return &Exported{*head, sum}, err
}

func tableNames() map[byte]string {
	out := map[byte]string{}
	for _, t := range state.Tables() {
		out[t.Number] = t.Name
	}
	return out
}

// exportHeader describes the ledger's last height. It has no time of its own:
// the block of the height has, or the genesis of a chain that hasn't begun.
func (r *resting) exportHeader(v *state.View) (*ExportHeader, error) {
	root := v.Root()
	h := &ExportHeader{Format: ExportFormat, Version: ExportVersion, ChainID: r.doc.ChainID, Height: v.Height(),
		Time: r.doc.GenesisTime.UTC(), Root: hex.EncodeToString(root[:]), Rows: r.ledger.Len()}
	if h.Height < 1 {
		return nil, errors.New("the chain has no state yet: start the node once")
	}
	if h.Height < r.doc.InitialHeight {
		for _, g := range r.doc.Validators {
			h.Validators = append(h.Validators, ExportValidator{g.PubKey.Bytes(), g.Power})
		}
		return h, nil
	}
	if r.blocks == nil {
		return nil, fmt.Errorf("the blocks are missing, of which the ledger has %d; see: troth fsck --home %s", h.Height, r.home)
	}
	meta := r.blocks.LoadBlockMeta(h.Height)
	if meta == nil {
		return nil, fmt.Errorf("the block of height %d is missing, which the ledger stands at; see: troth fsck --home %s", h.Height, r.home)
	}
	h.Time = meta.Header.Time.UTC()
	set, err := r.states.LoadValidators(h.Height + 1)
	if err != nil {
		return nil, fmt.Errorf("the validators of height %d: %w", h.Height+1, err)
	}
	for _, g := range set.Validators {
		h.Validators = append(h.Validators, ExportValidator{g.PubKey.Bytes(), g.VotingPower})
	}
	return h, nil
}

// exporter writes lines and their sum.
type exporter struct {
	w   *bufio.Writer
	sum hash.Hash
	bad error
}

func newExporter(w io.Writer) *exporter {
	e := &exporter{sum: sha256.New()}
	e.w = bufio.NewWriterSize(io.MultiWriter(w, e.sum), 1<<20)
	return e
}

func (e *exporter) line(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = e.w.Write(append(b, '\n'))
	}
	if e.bad == nil {
		e.bad = err
	}
}

func (e *exporter) end() (sum string, err error) {
	if err := errors.Join(e.bad, e.w.Flush()); err != nil {
		return "", fmt.Errorf("writing the export: %w", err)
	}
	sum = hex.EncodeToString(e.sum.Sum(nil))
	e.line(&exportLine{SHA256: sum})
	if err := errors.Join(e.bad, e.w.Flush()); err != nil {
		return "", fmt.Errorf("writing the export: %w", err)
	}
	return sum, nil
}

// exportLineMax bounds a line: the largest record is far below.
const exportLineMax = 64 << 20

// importer reads lines and their sum.
type importer struct {
	r   *bufio.Scanner
	sum hash.Hash
}

func newImporter(r io.Reader) *importer {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<20), exportLineMax)
	return &importer{s, sha256.New()}
}

// next decodes the next line. Its bytes are added to the sum but for the last
// one, which has the sum.
func (i *importer) next(v any) error {
	if !i.r.Scan() {
		return errors.Join(i.r.Err(), errors.New("the export is cut off: it has no last line with its sha256"))
	}
	b := i.r.Bytes()
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("the export is cut off or damaged: a line is no JSON: %w", err)
	}
	if l, ok := v.(*exportLine); ok && l.SHA256 != "" {
		return nil
	}
	i.sum.Write(b)
	i.sum.Write([]byte{'\n'})
	return nil
}

func (i *importer) end(l *exportLine) error {
	if got := hex.EncodeToString(i.sum.Sum(nil)); got != l.SHA256 {
		return fmt.Errorf("the export is damaged: its SHA-256 is %s, its last line says %s", got, l.SHA256)
	}
	if i.r.Scan() {
		return errors.New("there is more behind the export's last line")
	}
	return nil
}
