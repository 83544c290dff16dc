package sig

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// clientData holds the members of CollectedClientData that are read (WebAuthn
// Level 3 section 5.8.1). Others may be present and are ignored: the standard
// says there will be more.
type clientData struct {
	typ, challenge, origin string
	crossOrigin            bool // false if absent
	topOrigin              string
	hasTopOrigin           bool
}

// parseClientData reads clientDataJSON: one JSON object in UTF-8, in which no
// member that is read occurs twice. A byte order mark is dropped, as
// WebAuthn section 7.2 asks for.
func parseClientData(data []byte) (clientData, error) {
	var c clientData
	if len(data) > maxClientDataBytes {
		return c, fmt.Errorf("%w: clientDataJSON is %d bytes, want at most %d", ErrLength, len(data), maxClientDataBytes)
	}
	if !utf8.Valid(data) {
		return c, fmt.Errorf("%w: not UTF-8", ErrClientData)
	}
	seen := make(map[string]bool, 5)
	r := jsonReader{data: bytes.TrimPrefix(data, []byte("\uFEFF"))}
	err := r.object(0, func(key string) error {
		read := c.member(key)
		if read == nil {
			return r.skip(1)
		}
		if seen[key] {
			return fmt.Errorf("member %q occurs twice", key)
		}
		seen[key] = true
		return read(&r)
	})
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return clientData{}, fmt.Errorf("%w: %w", ErrClientData, err)
	}
	for _, key := range [...]string{"type", "challenge", "origin"} {
		if !seen[key] {
			return clientData{}, fmt.Errorf("%w: member %q is missing", ErrClientData, key)
		}
	}
	c.hasTopOrigin = seen["topOrigin"]
	return c, nil
}

// member returns how the member's value is read, or nil if it isn't.
func (c *clientData) member(key string) func(*jsonReader) error {
	text := func(to *string) func(*jsonReader) error {
		return func(r *jsonReader) (err error) {
			*to, err = r.text()
			return err
		}
	}
	switch key {
	case "type":
		return text(&c.typ)
	case "challenge":
		return text(&c.challenge)
	case "origin":
		return text(&c.origin)
	case "topOrigin":
		return text(&c.topOrigin)
	case "crossOrigin":
		return func(r *jsonReader) (err error) {
			c.crossOrigin, err = r.boolean()
			return err
		}
	}
	return nil
}
