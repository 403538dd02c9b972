package subtle

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// ParseJWK reads a JWK from JSON text. Members that it does not know are passed over.
//
// Spec: https://w3c.github.io/webcrypto/#concept-parse-a-jwk
func ParseJWK(text []byte) (*JWK, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil {
		return nil, dataError("the key is not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, dataError("there is something after the JSON of the key")
	}
	j := &JWK{Text: make(map[string]string)}
	for _, member := range JWKTextMembers {
		v, ok := object[member]
		if !ok {
			continue
		}
		if j.Text[member], ok = asText(v); !ok {
			return nil, dataError("the JWK's %q is not a string", member)
		}
	}
	if err := j.parseOthers(object); err != nil {
		return nil, err
	}
	if !j.has("kty") {
		return nil, dataError("the JWK has no %q", "kty")
	}
	return j, nil
}

func (j *JWK) parseOthers(object map[string]any) error {
	if v, ok := object["key_ops"]; ok {
		list, ok := v.([]any)
		if !ok {
			return dataError("the JWK's %q is not a list", "key_ops")
		}
		j.KeyOps = make([]string, len(list))
		for i, v := range list {
			if j.KeyOps[i], ok = asText(v); !ok {
				return dataError("the JWK's %q has something that is not a string", "key_ops")
			}
		}
	}
	if v, ok := object["ext"]; ok {
		ext := truth(v)
		j.Ext = &ext
	}
	_, j.Oth = object["oth"]
	return nil
}

// asText converts what JSON holds to a string as a script's conversion would; false if that
// can't be what a JWK means.
func asText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}

// truth converts what JSON holds to a boolean as a script's conversion would.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	}
	return v != nil
}

// JSON writes j down, members in the order that a script would see.
func (j *JWK) JSON() []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for name, value := range j.Members() {
		if out.Len() == 0 {
			out.WriteByte('{')
		} else {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Quote(name) + ":")
		_ = e.Encode(value)         // strings, lists of them and booleans
		out.Truncate(out.Len() - 1) // the line break
	}
	out.WriteByte('}')
	return out.Bytes()
}

// Members yields the members of j, each a string, a []string or a bool, in the order of
// their names.
func (j *JWK) Members() func(yield func(name string, value any) bool) {
	return func(yield func(string, any) bool) {
		for _, name := range JWKTextMembers {
			if name == "k" && j.Ext != nil && !yield("ext", *j.Ext) {
				return
			}
			if name == "kty" && j.KeyOps != nil && !yield("key_ops", j.KeyOps) {
				return
			}
			if value, ok := j.Text[name]; ok && !yield(name, value) {
				return
			}
		}
	}
}
