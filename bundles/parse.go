package bundles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ParseManifest returns the manifest that is written in data as one JSON object.
//
// An unknown key, a key written twice, a null or a value of the wrong type is a
// [*ManifestError] that names all of them; JSON is taken by the letter, so "Name" is not
// "name". Values are for [Manifest.Validate] to judge.
func ParseManifest(data []byte) (Manifest, error) {
	if len(data) > ManifestBytesMax {
		return Manifest{}, &SizeError{"the manifest", len(data), ManifestBytesMax}
	}
	c := checker{decoder: json.NewDecoder(bytes.NewReader(data))}
	if err := c.value(reflect.TypeFor[Manifest](), ""); err != nil {
		return Manifest{}, fmt.Errorf("manifest: not JSON: %w", err)
	}
	if _, err := c.decoder.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.New("manifest: something follows its end")
	}
	if len(c.problems) > 0 {
		return Manifest{}, &ManifestError{c.problems}
	}
	var m Manifest
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, &m); {
	case errors.As(err, &wrong):
		return Manifest{}, &ManifestError{[]FieldError{{wrong.Field, "must be " + jsonName(wrong.Type) + ", not " + wrong.Value}}}
	case err != nil:
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// checker walks over JSON beside the type it is meant for. The depth of its recursion is
// the type's, not the text's.
type checker struct {
	decoder  *json.Decoder
	problems []FieldError
}

func (c *checker) report(field, format string, args ...any) {
	c.problems = append(c.problems, FieldError{field, fmt.Sprintf(format, args...)})
}

// value checks the next value. Its error is JSON's; what is wrong for the type is reported.
func (c *checker) value(t reflect.Type, path string) error {
	token, err := c.decoder.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case token == nil:
		c.report(path, "is null: leave it out instead")
	case token == json.Delim('{') && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map):
		return c.object(t, path)
	case token == json.Delim('[') && t.Kind() == reflect.Slice:
		return c.array(t.Elem(), path)
	case token == json.Delim('{'), token == json.Delim('['):
		c.report(path, "must be %s", jsonName(t))
		return c.skip(1)
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map, t.Kind() == reflect.Slice:
		c.report(path, "must be %s", jsonName(t))
	}
	return nil
}

// object checks what follows a "{".
func (c *checker) object(t reflect.Type, path string) error {
	seen := make(map[string]bool)
	for {
		token, err := c.decoder.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return nil // the closing brace
		}
		field := strings.TrimPrefix(path+"."+key, ".")
		if seen[key] {
			c.report(field, "is there twice")
		}
		seen[key] = true
		if err := c.member(t, key, field); err != nil {
			return err
		}
	}
}

func (c *checker) member(t reflect.Type, key, field string) error {
	if t.Kind() == reflect.Map {
		return c.value(t.Elem(), field)
	}
	keys := jsonKeys(t)
	for i, known := range keys {
		if known == key {
			return c.value(t.Field(i).Type, field)
		}
	}
	if near := Nearest(key, keys); near != "" {
		c.report(field, "is not a key of the manifest; did you mean %q?", near)
	} else {
		c.report(field, "is not a key of the manifest; known are %s", strings.Join(keys, ", "))
	}
	return c.skip(0)
}

// array checks what follows a "[".
func (c *checker) array(elem reflect.Type, path string) error {
	for i := 0; c.decoder.More(); i++ {
		if err := c.value(elem, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	_, err := c.decoder.Token() // the closing bracket
	return err
}

// skip reads one value, or to the end of the one that is open at this depth.
func (c *checker) skip(depth int) error {
	for {
		token, err := c.decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// jsonKeys returns the keys of a struct's fields, in the fields' order.
func jsonKeys(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return keys
}

// jsonName says what a value of the type is in JSON.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	default:
		return "a whole number"
	}
}
