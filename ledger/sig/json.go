package sig

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds nesting. Client data is flat; extensions of it may not be.
const maxJSONDepth = 16

// jsonReader reads JSON (RFC 8259) that is known to be valid UTF-8.
//
// It exists beside encoding/json because validators built with different
// releases of Go have to agree on every input, and what encoding/json lets
// pass (repeated members, unpaired surrogates) is about to change with its
// version 2.
type jsonReader struct {
	data []byte
	at   int // the next byte
}

func (r *jsonReader) fail(want string) error {
	if r.at >= len(r.data) {
		return fmt.Errorf("ends at byte %d, want %s", r.at, want)
	}
	return fmt.Errorf("byte %d is %q, want %s", r.at, r.data[r.at], want)
}

// space passes over white space and returns the next byte, 0 at the end. A
// zero byte is valid nowhere, so the two need not be told apart.
func (r *jsonReader) space() byte {
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// end requires that only white space is left.
func (r *jsonReader) end() error {
	r.space()
	if r.at < len(r.data) {
		return r.fail("the end")
	}
	return nil
}

// object reads an object and calls member for each key, to read its value.
func (r *jsonReader) object(depth int, member func(key string) error) error {
	return r.list(depth, '{', '}', func() error {
		key, err := r.text()
		if err != nil {
			return err
		}
		if r.space() != ':' {
			return r.fail("a colon")
		}
		r.at++
		return member(key)
	})
}

// list reads what stands between open and shut, separated by commas.
func (r *jsonReader) list(depth int, open, shut byte, element func() error) error {
	if r.space() != open {
		return r.fail(string(open))
	}
	if depth >= maxJSONDepth {
		return fmt.Errorf("byte %d is nested more than %d deep", r.at, maxJSONDepth)
	}
	r.at++
	if r.space() == shut {
		r.at++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch r.space() {
		case ',':
			r.at++
		case shut:
			r.at++
			return nil
		default:
			return r.fail("a comma or " + string(shut))
		}
	}
}

// skip reads any value and forgets it. depth is how many lists it is in.
func (r *jsonReader) skip(depth int) error {
	switch c := r.space(); {
	case c == '{':
		return r.object(depth, func(string) error { return r.skip(depth + 1) })
	case c == '[':
		return r.list(depth, '[', ']', func() error { return r.skip(depth + 1) })
	case c == '"':
		_, err := r.text()
		return err
	case c == '-' || isDigit(c):
		return r.number()
	case r.word("true"), r.word("false"), r.word("null"):
		return nil
	}
	return r.fail("a value")
}

func (r *jsonReader) boolean() (bool, error) {
	r.space()
	if r.word("true") {
		return true, nil
	}
	if r.word("false") {
		return false, nil
	}
	return false, r.fail("true or false")
}

// word passes over w if it is next.
func (r *jsonReader) word(w string) bool {
	if !bytes.HasPrefix(r.data[r.at:], []byte(w)) {
		return false
	}
	r.at += len(w)
	return true
}

// number passes over a number: RFC 8259 section 6.
func (r *jsonReader) number() error {
	r.word("-")
	if !r.word("0") {
		if err := r.digits(); err != nil {
			return err
		}
	}
	if r.word(".") {
		if err := r.digits(); err != nil {
			return err
		}
	}
	if r.word("e") || r.word("E") {
		if !r.word("+") {
			r.word("-")
		}
		return r.digits()
	}
	return nil
}

func (r *jsonReader) digits() error {
	start := r.at
	for r.at < len(r.data) && isDigit(r.data[r.at]) {
		r.at++
	}
	if r.at == start {
		return r.fail("a digit")
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// text reads a string: RFC 8259 section 7.
func (r *jsonReader) text() (string, error) {
	if r.space() != '"' {
		return "", r.fail("a string")
	}
	r.at++
	var out []byte
	for r.at < len(r.data) {
		c := r.data[r.at]
		switch {
		case c == '"':
			r.at++
			return string(out), nil
		case c == '\\':
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, char)
		case c < ' ':
			return "", r.fail("no control character in a string")
		default:
			out = append(out, c)
			r.at++
		}
	}
	return "", r.fail("the end of the string")
}

// escape reads a backslash and what belongs to it. A surrogate has to come in
// a pair: alone it is no character, and readers differ on what to make of it.
func (r *jsonReader) escape() (rune, error) {
	const letters, meaning = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	r.at++
	if r.at < len(r.data) {
		if i := strings.IndexByte(letters, r.data[r.at]); i >= 0 {
			r.at++
			return rune(meaning[i]), nil
		}
	}
	char, err := r.unit()
	if err != nil || !utf16.IsSurrogate(char) {
		return char, err
	}
	if !r.word(`\`) {
		return 0, r.fail("the second half of a surrogate pair")
	}
	second, err := r.unit()
	if err != nil {
		return 0, err
	}
	if char = utf16.DecodeRune(char, second); char == utf8.RuneError {
		return 0, fmt.Errorf("surrogates before byte %d are not a pair", r.at)
	}
	return char, nil
}

// unit reads the rest of \uXXXX, from the u.
func (r *jsonReader) unit() (rune, error) {
	if !r.word("u") {
		return 0, r.fail(`one of "\/bfnrtu after a backslash`)
	}
	var v rune
	for range 4 {
		if r.at >= len(r.data) {
			return 0, r.fail("a hexadecimal digit")
		}
		c := r.data[r.at]
		switch {
		case isDigit(c):
			v = v<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, r.fail("a hexadecimal digit")
		}
		r.at++
	}
	return v, nil
}
