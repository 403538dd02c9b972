package kv

import (
	"encoding/json"
	"fmt"
	"time"
)

// CheckKey returns an *InvalidError if ns or key is empty or past its limit.
func CheckKey(ns, key string) error {
	if err := checkNamespace(ns); err != nil {
		return err
	}
	if key == "" {
		return &InvalidError{Field: "key", Reason: "is empty; a key is 1 to 512 bytes"}
	}
	return checkLength("key", len(key), KeyBytesMax)
}

// CheckEntry returns an *InvalidError if ns or key is not one (see CheckKey), or if e is
// past a limit. It reads e's slices and keeps none of them.
func CheckEntry(ns, key string, e Entry) error {
	if err := CheckKey(ns, key); err != nil {
		return err
	}
	if err := checkLength("value", len(e.Value), ValueBytesMax); err != nil {
		return err
	}
	if err := checkLength("metadata", len(e.Metadata), MetadataBytesMax); err != nil {
		return err
	}
	if len(e.Metadata) > 0 && !json.Valid(e.Metadata) {
		return &InvalidError{Field: "metadata", Reason: "is not JSON text"}
	}
	if e.ExpiresAt.UTC().Year() > 9999 {
		return &InvalidError{Field: "expiry", Reason: "is past the year 9999; leave it out for a key that never expires"}
	}
	return nil
}

func checkNamespace(ns string) error {
	if ns == "" {
		return &InvalidError{Field: "namespace", Reason: "is empty; a namespace is 1 to 512 bytes"}
	}
	return checkLength("namespace", len(ns), NamespaceBytesMax)
}

func checkLength(field string, got, max int) error {
	if got <= max {
		return nil
	}
	return &InvalidError{Field: field, Reason: fmt.Sprintf("is %d bytes long, more than the %d allowed", got, max)}
}

// Millis is how backends keep an expiry: milliseconds since 1970, and 0 for never.
// An instant before 1970 counts as the first millisecond after it: long past, not never.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

// FromMillis returns the expiry that Millis made ms of, in UTC.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
