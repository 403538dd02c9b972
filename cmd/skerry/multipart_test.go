package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"reflect"
	"testing"
)

// uploads says what is in a form, or answers with the form itself.
const uploads = `
export default {
	async fetch(request) {
		const form = await request.formData();
		if (new URL(request.url).pathname === "/back") return new Response(form);
		const fields = [];
		for (const [name, value] of form) {
			if (!(value instanceof File)) {
				fields.push({name, text: value});
				continue;
			}
			const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await value.arrayBuffer()));
			fields.push({name, file: value.name, type: value.type, size: value.size, sum: sum.reduce((s, b) => s + b.toString(16).padStart(2, "0"), "")});
		}
		return Response.json(fields);
	},
};`

// field is a field of a form as the function describes it.
type field struct {
	Name, Text, File, Type string
	Size                   int
	Sum                    string
}

// upload is a form with two files, of 10 MB and of none, among fields of text.
func upload(t *testing.T) (body []byte, contentType string, fields []field) {
	t.Helper()
	photo := make([]byte, 10e6)
	noise := rand.NewChaCha8([32]byte{})
	_, _ = noise.Read(photo) // it never fails
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	copy(photo[5e6:], "\r\n--"+w.Boundary()[:20]+"\r\n--") // nearly its end
	add := func(name, file, typ string, content []byte) {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, name)}}
		f := field{Name: name, Text: string(content)}
		if file != "" {
			h.Set("Content-Disposition", h.Get("Content-Disposition")+fmt.Sprintf(`; filename="%s"`, file))
			h.Set("Content-Type", typ)
			f = field{Name: name, File: file, Type: typ, Size: len(content), Sum: fmt.Sprintf("%x", sha256.Sum256(content))}
		}
		part, err := w.CreatePart(h)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, f)
	}
	add("title", "", "", []byte("Läden & Gassen\r\nam Abend"))
	add("tag", "", "", []byte("alt"))
	add("photo", "läden.raw", "image/x-raw", photo)
	add("tag", "", "", nil)
	add("note", "empty.txt", "text/plain", nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType(), fields
}

// fieldsOf reads what a function sent as a form.
func fieldsOf(t *testing.T, contentType string, body io.Reader) (fields []field) {
	t.Helper()
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(body, parameters["boundary"]); ; {
		part, err := parts.NextPart()
		if err == io.EOF {
			return fields
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		f := field{Name: part.FormName(), Text: string(content)}
		if part.FileName() != "" {
			f = field{Name: part.FormName(), File: part.FileName(), Type: part.Header.Get("Content-Type"), Size: len(content), Sum: fmt.Sprintf("%x", sha256.Sum256(content))}
		}
		fields = append(fields, f)
	}
}

// TestUploadedForm sends a form with a file of 10 MB to a function of the default memory, which reads it
// field by field and writes it as a form again: with its length known, and in chunks.
func TestUploadedForm(t *testing.T) {
	t.Parallel()
	body, contentType, want := upload(t)
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"workers", []string{"--workers", "2"}},
		{"jails", []string{"--workers", "1", "--untrusted", "jail"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, tc.args...)
			s.push(write(t, map[string]string{
				"index.js":    uploads,
				"skerry.toml": "name = \"uploads\"\nmain = \"index.js\"\n[limits]\ncpu_ms = 2000\nmemory_mb = 128\n",
			}))
			send := func(path string, body io.Reader) (*http.Response, []byte) {
				t.Helper()
				r, err := s.request(t.Context(), http.MethodPost, "uploads", path, http.Header{"Content-Type": {contentType}}, body)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Body.Close()
				answer, err := io.ReadAll(r.Body)
				if err != nil || r.StatusCode != http.StatusOK {
					t.Fatalf("POST %s: %s %.300s %v", path, r.Status, answer, err)
				}
				return r, answer
			}
			for name, body := range map[string]io.Reader{
				"whole":     bytes.NewReader(body),
				"in chunks": io.MultiReader(bytes.NewReader(body)), // of a length that the client doesn't know
			} {
				_, answer := send("/", body)
				var got []field
				if err := json.Unmarshal(answer, &got); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: the function found %.2000v, want %.2000v", name, got, want)
				}
			}
			r, answer := send("/back", bytes.NewReader(body))
			if got := fieldsOf(t, r.Header.Get("Content-Type"), bytes.NewReader(answer)); !reflect.DeepEqual(got, want) {
				t.Errorf("the function gave back %.2000v, want %.2000v", got, want)
			}
		})
	}
}
