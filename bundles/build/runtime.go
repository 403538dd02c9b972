package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// runtimeModule is a module that the runtime provides. Its source asks for what it exports
// by __runtime; see the package's comment.
type runtimeModule struct {
	specifier string
	exports   []string
	source    string
}

// runtimeModules is the whole list of them.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/bindings/
var runtimeModules = [...]runtimeModule{
	{"cloudflare:workers", []string{"env", "waitUntil", "WorkerEntrypoint"}, `
export const env = /* @__PURE__ */ __runtime("env");
export const waitUntil = /* @__PURE__ */ __runtime("waitUntil");
export class WorkerEntrypoint {
	constructor(ctx, env) {
		this.ctx = ctx;
		this.env = env;
	}
}
`},
}

// providedBy returns the module that specifier names, nil if there is none.
func providedBy(specifier string) *runtimeModule {
	i := slices.IndexFunc(runtimeModules[:], func(m runtimeModule) bool { return m.specifier == specifier })
	if i < 0 {
		return nil
	}
	return &runtimeModules[i]
}

// has says what the module exports, for messages.
func (m *runtimeModule) has() string {
	last := len(m.exports) - 1
	return fmt.Sprintf("%s has %s and %s", m.specifier, strings.Join(m.exports[:last], ", "), m.exports[last])
}

func (m *runtimeModule) resolved() api.OnResolveResult {
	return api.OnResolveResult{Path: m.specifier, Namespace: runtimeNamespace, SideEffects: api.SideEffectsFalse}
}

// loadRuntime gives esbuild a module of the runtime.
func loadRuntime(specifier string) api.OnLoadResult {
	return api.OnLoadResult{Contents: &providedBy(specifier).source, Loader: api.LoaderJS}
}

// notProvided refuses a module that other platforms have.
func notProvided(specifier string) *unresolved {
	u := &unresolved{text: fmt.Sprintf("%q is not provided by this version of Skerry", specifier), soft: true}
	for _, m := range runtimeModules {
		u.notes = append(u.notes, m.has())
	}
	return u
}

// noSuchExport adds to a complaint about a name that a module of the runtime lacks which
// names it has.
func noSuchExport(m Message) Message {
	for _, module := range runtimeModules {
		if strings.Contains(m.Text, "No matching export") && strings.Contains(m.Text, `"`+module.specifier+`"`) {
			m.Notes = append(m.Notes, module.has())
		}
	}
	return m
}
