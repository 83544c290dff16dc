package node

// configHead and configTail stand around the table of keys in
// docs/operating/configuration.md.
const (
	configHead = `# Configuration

A node has one configuration file, ` + "`troth.yaml`" + ` in its folder. ` + "`troth init`" + ` writes it with every key, its meaning and its default. This page is made from that file: ` + "`go test ./node -run TestEveryKey -update`" + `.

A key that is not known is refused, and so is a value out of its bounds. The file is read when the node starts.

| key | default, or an example | meaning |
| --- | --- | --- |
`
	configTail = `
## What is refused when a node starts

| what | why |
| --- | --- |
| ` + "`api.listen`" + ` on an address that others reach, without ` + "`api.behind_proxy`" + ` | the node speaks no TLS |
| ` + "`api.behind_proxy`" + ` without ` + "`api.trusted_proxies`" + ` | all callers would be one address to the limits |
| ` + "`api.trusted_proxies`" + ` or ` + "`limits.exempt`" + ` that are everybody | anybody could name any address, or have no limit |
| ` + "`operator.listen`" + ` on an address that others reach, without ` + "`operator.public`" + ` | metrics and health need no password |
| ` + "`operator.pprof`" + ` with ` + "`operator.public`" + ` | a profile shows what is in memory |
| ` + "`signer.listen`" + ` over ` + "`tcp://`" + ` on an address that others reach | whoever connects is taken for the signer |
| ` + "`pool.bytes_max`" + ` above a quarter of the machine's memory, or of its control group's | what waits at the door and in the pool could not be held |
| ` + "`block.transactions_max`" + ` above 50,000 | other nodes would refuse the block |
| ` + "`block.idle`" + ` below 10 ms | an idle node would fill the disk with empty blocks |
| a key or a secret that everybody on the machine can read, a ` + "`troth.yaml`" + ` that everybody can write | whoever has the key is the validator |

` + "`api.origins: [\"*\"]`" + ` is allowed: the API takes no cookie and no password from a browser, so that it never answers ` + "`Access-Control-Allow-Credentials`" + `, and every change is signed.

## Limits

A limit is a number a second, and four seconds' worth may come at once. What is over the limit is refused with ` + "`RATE_LIMITED`" + ` (429), the header ` + "`Retry-After`" + ` and the detail ` + "`google.rpc.RetryInfo`" + `. They are this node's own, beside the quotas of the ledger.

- By address: requests are counted before they are read, transactions before they are decoded. The address is the connection's, or what a trusted proxy says in ` + "`X-Forwarded-For`" + `; of IPv6 the first 64 bits count. 65,536 addresses are remembered at most.
- By party: counted once the signatures are good, so that nobody can use up another's; a party that is over its limit is refused before they are looked at.
- Strangers: a signature by a key that the ledger doesn't know as the party's is verified only so many times a second, for all such together. Who registers himself is such a stranger, and so is a key whose addition still waits for a block.

## Health

| path | answer |
| --- | --- |
| ` + "`/healthz`" + ` | 200 as long as the process answers |
| ` + "`/readyz`" + ` | 200, or 503 with reasons in JSON: stopping, failed, catching up, no block for 15 s longer than an idle chain takes, disk full or read-only |

Both are served by the API too. ` + "`troth status --home DIR`" + ` shows the same reasons.

## Stopping

SIGTERM or Ctrl-C: the API takes no more requests and finishes those under way, for five seconds at most; the queue of webhooks is closed, the block at hand is finished, and the stores are closed, within thirty seconds. A second signal ends the process at once. Nothing that was acknowledged is lost in either case.

| exit status | meaning |
| --- | --- |
| 0 | stopped as told |
| 1 | an error, which is said |
| 2 | a command line that makes no sense |
| 3 | the chain goes on by rules that this version doesn't have: start the new one |

## Log

Structured, to standard error, as text or JSON. Each request has a line with its id, procedure, code, duration, bytes and address, at debug, or at info with ` + "`log.requests`" + `. Each block has a line at debug, and a busy node sums up every ten seconds at info. Bodies, headers, queries and keys are never logged.
`
)
