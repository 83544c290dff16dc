package contract

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
)

// wording is the words of one language for what is generated from rules. A
// language is added by adding an entry to wordings.
type wording struct {
	when, and, or, not, is         string
	yes, no, termIs                string // termIs: name, value, comparison
	mayCancel, then, goesOn        string
	eachFact, eachThat             string            // condition; kind, by, rest
	parts                          map[string]string // of times and durations
	periodIs, promiseIs            string
	challengeable                  string
	legAll, legRest, legPart       string // role, hold; role, portion, hold
	legExpr                        string // role, amount, hold
	eachPeriod                     map[pb.Every]string
	outcomes                       map[pb.Outcome]string
	causes                         map[pb.Settlement_Cause]string
	compare                        map[string]string // of numbers and amounts
	moments                        map[string]string // of times
	nowIs                          map[string]string // of now with a time
	stated, states, noStated       string            // who, kind
	numberOf, firstOf              string
	anybody, theFact, itsTime      string
	arrival, subject, leftIn       string
	plus, less, times, over        string
	partOf, larger, smaller        string
	ifElse                         string // then, condition, else
	decidedOn, forPeriod           string
	fromTo                         string
	boundHold, boundZero, boundErr string
	boundCap                       map[string]string
	endsBy, endsExample            string // time, rules
	endsSuspended, sealed          string // sealed: the term
	period                         map[string]string
}

var wordings = map[string]*wording{"en": english}

// wordingFor is the wording of a language or of its base language, or English.
func wordingFor(lang string) *wording {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if w := wordings[base]; w != nil {
		return w
	}
	return english
}

var english = &wording{
	when: "if", and: "and", or: "or", not: "it is not so that", is: "is", yes: "yes", no: "no", termIs: "%s, %s, is %s",
	mayCancel: "may cancel", then: "then", eachFact: "for each fact, if %s", eachThat: "for each “%s” that %s states%s",
	parts: map[string]string{"getHours": "the whole hours of %s", "getMinutes": "the whole minutes of %s",
		"getSeconds": "the whole seconds of %s", "getDate": "the day of the month of %s", "getFullYear": "the year of %s",
		"units": "the minor units of %s"},
	goesOn:   "the promise goes on",
	periodIs: "the period is", promiseIs: "the promise is", challengeable: "this may be challenged before anything is paid",
	legAll: "%s gets everything in %s", legRest: "%s gets what is left in %s", legPart: "%s gets %s of %s",
	legExpr: "%s gets %s out of %s",
	eachPeriod: map[pb.Every]string{pb.Every_DAY: "each day", pb.Every_WEEK: "each week", pb.Every_MONTH: "each month",
		pb.Every_YEAR: "each year"},
	outcomes: map[pb.Outcome]string{pb.Outcome_KEPT: "kept", pb.Outcome_BROKEN: "broken", pb.Outcome_PARTIAL: "kept in part",
		pb.Outcome_VOIDED: "void", pb.Outcome_DISCHARGED: "discharged", pb.Outcome_EXPIRED: "expired"},
	causes: map[pb.Settlement_Cause]string{pb.Settlement_FACT: "a fact arrived", pb.Settlement_DEADLINE: "its time had come",
		pb.Settlement_UNCHALLENGED: "nobody challenged it in time", pb.Settlement_UNANSWERED: "the challenge was not answered in time",
		pb.Settlement_RULING: "the arbiter ruled so", pb.Settlement_NO_RULING: "the arbiter did not rule in time",
		pb.Settlement_AGREEMENT: "all sides agreed", pb.Settlement_CANCELLATION: "it was cancelled",
		pb.Settlement_NOT_ACCEPTED: "the offer was not accepted", pb.Settlement_REQUEST: "somebody asked",
		pb.Settlement_LAST_PERIOD: "the last period had ended", pb.Settlement_DEPOSIT: "money was paid in",
		pb.Settlement_WITHDRAWAL: "a fact was taken back or corrected", pb.Settlement_REVEAL: "a sealed term was revealed",
		pb.Settlement_ACCEPTANCE: "it came into force"},
	compare: map[string]string{"==": "exactly", "!=": "other than", "<": "below", "<=": "at most", ">": "above", ">=": "at least"},
	moments: map[string]string{"==": "exactly at", "!=": "not at", "<": "before", "<=": "no later than", ">": "later than", ">=": "no earlier than"},
	nowIs:   map[string]string{"<": "it is before %s", "<=": "it is no later than %s", ">": "%s has passed", ">=": "%s has come"},
	stated:  "%s has stated “%s”", states: "%s states “%s”", noStated: "%s has not stated “%s”",
	numberOf: "the number of “%s” by %s", firstOf: "the first “%s” by %s",
	anybody: "anybody", theFact: "the fact", itsTime: "the time of", arrival: "the arrival of", subject: "the subject of",
	leftIn: "what is left in %s",
	plus:   "plus", less: "less", times: "times", over: "divided by", partOf: "%s/%s of %s",
	larger: "the larger of %s and %s", smaller: "the smaller of %s and %s", ifElse: "%s if %s, or else %s",
	decidedOn: "decided on: %s", forPeriod: "for period %d",
	fromTo:        "%s, from %s to %s",
	endsBy:        "It is over by itself right after %s at the latest, whatever facts arrive: by %s.",
	endsExample:   "With the terms of its first example it is over by itself right after %s at the latest, whatever facts arrive: by %s.",
	endsSuspended: "Its clock stands still; it is over later by as long as that lasts.",
	sealed:        "(sealed: %s)",
	boundHold:     "it came to %s, and the hold had no more", boundZero: "it came to %s, and nobody pays less than nothing",
	boundErr: "it could not be computed",
	boundCap: map[string]string{"claim": "it came to %s, and the most for one claim is paid", "period": "it came to %s, and the most for a period is paid",
		"year": "it came to %s, and the most for a year is paid", "total": "it came to %s, and the most in all is paid"},
	period: map[string]string{"index": "the period's number from 0", "start": "the start of the period", "end": "the end of the period"},
}

func sprintf(format string, a ...any) string { return fmt.Sprintf(format, a...) }

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
