package state

// Outcome is what something found in an overlay and changed there, so that it can be
// had again without doing it again.
type Outcome struct {
	reads   []reading
	changes []Change
}

// reading is a row with the record that was found in it.
type reading struct {
	row *row
	rec Record
}

// Watch has the overlay note what is read, until Watched.
func (o *Overlay) Watch() {
	o.watching, o.scanned, o.readsFrom = true, false, len(o.reads)
}

// Watched is what was read since Watch and changed since the mark. It says false
// where that is not known: an index was searched.
func (o *Overlay) Watched(m Mark) (Outcome, bool) {
	o.watching = false
	from := len(o.kept)
	o.kept = append(o.kept, o.journal[m:]...) // the journal is written again after a Rewind
	return Outcome{o.reads[o.readsFrom:len(o.reads):len(o.reads)], o.kept[from:len(o.kept):len(o.kept)]}, !o.scanned
}

// Redo makes the changes of an outcome where every record that it was found by is
// the one that stands there now; else it says false and changes nothing. Records
// are never changed, so the same one says the same. The outcome has to be of this
// overlay.
func (o *Overlay) Redo(x Outcome) bool {
	for _, r := range x.reads {
		if r.row.rec != r.rec {
			return false
		}
	}
	for _, c := range x.changes {
		o.journal = append(o.journal, c)
		o.apply(c.row, c.after)
	}
	return true
}
