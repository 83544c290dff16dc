package demo

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"
)

// WebhookSecret is what the demo's carrier signs its webhooks with. It guards
// nothing: the node is thrown away.
const WebhookSecret = "known-to-everybody"

// Webhook is where a node takes a carrier's tracking webhooks: POST
// /hooks/<Name>. The node checks the signature and states, with the carrier's
// key, what happened to the subject.
type Webhook struct{ Name, Format, Subject string }

// The endpoints that a node needs for the stories.
var (
	afterShip = Webhook{"swift-aftership", "aftership", "parcel:{tracking}"}
	easyPost  = Webhook{"swift-easypost", "easypost", "parcel:{tracking}"}
	freight   = Webhook{"swift-freight", "aftership", "shipment:{tracking}"}
	Webhooks  = []Webhook{afterShip, easyPost, freight}
)

// webhook: the carrier's tracking service posts a file to the node, signed as
// it does.
func webhook(to Webhook, file string) Act {
	return func(s *stage) error {
		body, err := example(file, s.now)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(s, http.MethodPost, s.URL+"/hooks/"+to.Name, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		to.sign(req.Header, body)
		s.from = time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			why, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
			return fmt.Errorf("posting %s: %s: %s", file, res.Status, why)
		}
		return nil
	}
}

func (w Webhook) sign(h http.Header, body []byte) {
	mac := hmac.New(sha256.New, []byte(WebhookSecret))
	mac.Write(body)
	sum := mac.Sum(nil)
	if w.Format == "aftership" {
		h.Set("Aftership-Hmac-Sha256", base64.StdEncoding.EncodeToString(sum))
		return
	}
	h.Set("X-Hmac-Signature", "hmac-sha256-hex="+hex.EncodeToString(sum))
}
