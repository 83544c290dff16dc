package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/troth-ledger/troth/node"
)

// The headers of the Standard Webhooks scheme.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// secrets sign for one webhook. Several are one being replaced by another: each
// signs, and a receiver accepts the one it knows.
type secrets [][]byte

// loadSecrets reads a secret file: one secret a line, `whsec_` and base64, or
// anything else of 16 bytes or more as it stands.
func loadSecrets(path string) (secrets, error) {
	lines, err := node.ReadSecrets(path)
	if err != nil {
		return nil, err
	}
	var out secrets
	for i, l := range lines {
		key := l
		if coded, ok := bytes.CutPrefix(l, []byte("whsec_")); ok {
			key, err = base64.StdEncoding.DecodeString(string(coded))
			if err != nil || len(key) < 24 || len(key) > 64 {
				return nil, fmt.Errorf("%s: line %d: after whsec_ comes base64 of 24 to 64 bytes", path, i+1)
			}
		}
		if len(key) < 16 {
			return nil, fmt.Errorf("%s: line %d: a secret has at least 16 bytes, not %d", path, i+1, len(key))
		}
		out = append(out, key)
	}
	return out, nil
}

// sign returns the value of the signature header.
func (s secrets) sign(id string, at time.Time, body []byte) string {
	var out []string
	for _, key := range s {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " ")
}
