package main_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dev is a running `skerry dev`.
type dev struct {
	t      *testing.T
	url    string
	output lockedBuffer
}

func startDev(t *testing.T, path string) *dev {
	t.Helper()
	address := freeAddress(t)
	d := &dev{t: t, url: "http://" + address}
	cmd := exec.Command(binary, "dev", path, "--listen", address)
	cmd.Stderr = &d.output
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			if strings.Contains(scan.Text(), "ready") {
				close(ready)
			}
			_, _ = d.output.Write(append(scan.Bytes(), '\n'))
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("dev ended with %v\n%s", err, d.output.String())
		}
	})
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatalf("dev is not ready: %s", d.output.String())
	}
	return d
}

// get returns the status and body of a GET that prefers a kind of answer.
func (d *dev) get(path, accept string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequest(http.MethodGet, d.url+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	response, err := client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// becomes waits until the answer to GET / contains want.
func (d *dev) becomes(want string) {
	d.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	var body string
	for time.Now().Before(deadline) {
		if _, body = d.get("/", "text/html"); strings.Contains(body, want) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	d.t.Fatalf("the answer stays %q, want %q in it\n%s", body, want, d.output.String())
}

func TestDevReloadsAndShowsErrors(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "hello")
	if _, err := command(t, "new", dir); err != nil {
		t.Fatal(err)
	}
	d := startDev(t, dir)
	d.becomes("Hello, world!")

	source := filepath.Join(dir, "src", "index.ts")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save("export default { fetch: (): Response => new Response('changed') };\n")
	d.becomes("changed")

	// A change in a new folder below counts too.
	if err := os.MkdirAll(filepath.Join(dir, "src", "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	save("import { text } from './lib/text';\nexport default { fetch: () => new Response(text) };\n")
	d.becomes("lib/text")
	if err := os.WriteFile(filepath.Join(dir, "src", "lib", "text.ts"), []byte("export const text: string = 'from a module';\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.becomes("from a module")

	// A thrown error shows its TypeScript line, in the page and in the terminal.
	save("interface User { name: string }\n\nfunction greet(user: User): string {\n  return user.name.toUpperCase();\n}\n\nexport default { fetch: () => new Response(greet({} as User)) };\n")
	d.becomes("TypeError")
	status, page := d.get("/", "text/html")
	if status != http.StatusInternalServerError || !strings.Contains(page, "src/index.ts:4") || !strings.Contains(page, "return user.name.toUpperCase();") {
		t.Errorf("the page of a thrown error: %d %s", status, page)
	}
	for _, want := range []string{"src/index.ts:4", "4 |   return user.name.toUpperCase();", "at greet (src/index.ts:4"} {
		if !strings.Contains(d.output.String(), want) {
			t.Errorf("the terminal does not show %q: %s", want, d.output.String())
		}
	}

	// So does one that keeps it from being built.
	save("export default {\n  fetch() { return new Response('x' }\n};\n")
	d.becomes("src/index.ts:2")
	if !strings.Contains(d.output.String(), "fetch() { return new Response('x' }") {
		t.Errorf("the terminal does not show the line: %s", d.output.String())
	}

	save("export default { fetch: () => new Response('whole again') };\n")
	d.becomes("whole again")
}
