package webhook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeSecret(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSignature is the example that the Standard Webhooks libraries are tested
// with.
func TestSignature(t *testing.T) {
	s, err := loadSecrets(writeSecret(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := s.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// TestRotation: with two secrets there are two signatures, and each is that of
// its secret alone.
func TestRotation(t *testing.T) {
	const old, fresh = "sixteen bytes old", "sixteen bytes new"
	both, err := loadSecrets(writeSecret(t, fresh+"\r\n\n"+old+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	at, body := time.Unix(1, 0), []byte("{}")
	want := []string{(secrets{[]byte(fresh)}).sign("i", at, body), (secrets{[]byte(old)}).sign("i", at, body)}
	if got := both.sign("i", at, body); got != strings.Join(want, " ") {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBadSecrets(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "\n", "short": "fifteen bytes..", "not base64": "whsec_#", "short base64": "whsec_AAAA", "huge": strings.Repeat("x", 5<<10),
	} {
		_, err := loadSecrets(writeSecret(t, text))
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), strings.TrimSpace(text)) && name != "empty" {
			t.Errorf("%s: the error quotes the secret: %v", name, err)
		}
	}
	path := writeSecret(t, "sixteen bytes and more")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadSecrets(path); err == nil {
		t.Error("a secret that everybody may read was accepted")
	}
}

func TestBackoff(t *testing.T) {
	for attempts, want := range map[int]time.Duration{1: time.Second, 4: 8 * time.Second, 15: time.Hour, 60: time.Hour} {
		for range 100 {
			if got := backoff(time.Second, time.Hour, attempts); got < want*8/10 || got > want*12/10 {
				t.Fatalf("attempt %d waits %s, want about %s", attempts, got, want)
			}
		}
	}
	now := time.Unix(1_700_000_000, 0)
	for text, want := range map[string]time.Duration{
		"": 0, "-5": 0, "x": 0, "90": 90 * time.Second, "999999999": time.Hour,
		now.Add(time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"): time.Minute,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("Retry-After %q: %s, want %s", text, got, want)
		}
	}
}
