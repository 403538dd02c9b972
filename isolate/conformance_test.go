package isolate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle/subtletest"
)

// conformancePage is made by TestConformancePage of the runtime's own tables, of what is
// asked for, of the deviations that are known, and of scores.
const (
	conformancePage = "../docs/conformance.md"
	conformanceData = "testdata/conformance/"
)

// demanded is an interface or a global that the Minimum Common Web API names.
type demanded struct {
	Group   string
	Name    string
	Spec    string
	Members []string
	Lacks   []string // of Members; itself, if there is no such thing
}

// readTSV reads the lines of a file of the page's data. A line that begins with // is for
// its readers.
func readTSV(t *testing.T, file string, fields int) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != fields {
			t.Fatalf("%s: %q has %d fields, not %d", file, line, len(parts), fields)
		}
		lines = append(lines, parts)
	}
	return lines
}

// lookup is a function that answers with what it lacks, and with all globals.
const lookup = `
const has = (found, member) => {
  if (member.startsWith("static.")) return member.slice(7) in found;
  const key = member.startsWith("@@") ? Symbol[member.slice(2)] : member;
  return key in (found.prototype ?? found);
};
__register({default: {fetch() {
  const found = path => path.split(".").reduce((o, name) => o?.[name], globalThis);
  const exists = path => path.split(".").slice(0, -1).reduce((o, name) => o?.[name] ?? {}, globalThis);
  for (const d of demanded) {
    if (!(d.Name.split(".").at(-1) in exists(d.Name))) d.Lacks = [d.Name];
    else if (d.Members) d.Lacks = d.Members.filter(member => !has(found(d.Name), member));
  }
  return Response.json({demanded, globals: Object.getOwnPropertyNames(globalThis)});
}}})`

// lookUp asks the runtime for what list demands, and for the names of all globals beside the
// language's.
func lookUp(t *testing.T, list []demanded) ([]demanded, []string) {
	t.Helper()
	asked, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t, isolate.Config{})
	text, err := n.get(n.function("lookup", "const demanded = "+string(asked)+";"+lookup, func(m *bundles.Manifest) { m.Limits.CPUMillis = 10_000 }))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Demanded []demanded
		Globals  []string
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	language := languageGlobals(t)
	return answer.Demanded, slices.DeleteFunc(answer.Globals, func(name string) bool { return slices.Contains(language, name) })
}

// TestConformancePage holds docs/conformance.md against what it is made of. With UPDATE set
// in the environment it writes the page anew.
func TestConformancePage(t *testing.T) {
	t.Parallel()
	var list []demanded
	for _, line := range readTSV(t, conformanceData+"interfaces.tsv", 4) {
		list = append(list, demanded{Group: line[0], Name: line[1], Spec: line[2], Members: strings.Fields(strings.TrimPrefix(line[3], "-"))})
	}
	list, globals := lookUp(t, list)
	deviations := make(map[string][][]string)
	for _, line := range readTSV(t, conformanceData+"deviations.tsv", 3) {
		deviations[line[0]] = append(deviations[line[0]], line[1:])
	}
	for name := range deviations {
		known := name == "*" || slices.Contains(globals, name) || slices.ContainsFunc(list, func(d demanded) bool { return d.Name == name })
		if !known {
			t.Errorf("deviations.tsv has %s, which does not exist", name)
		}
	}
	for _, d := range list {
		if len(d.Lacks) > 0 && deviations[d.Name] == nil {
			t.Errorf("%s lacks %v: implement it, or say why not in deviations.tsv", d.Name, d.Lacks)
		}
	}
	page := conformanceHead(list) + conformanceGroups(list, deviations) + conformanceBeyond(list, globals, deviations) + conformanceScores(t)
	got, err := os.ReadFile(conformancePage)
	if string(got) == page {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s is out of date (%v): UPDATE=1 go test -run TestConformancePage ./isolate", conformancePage, err)
	}
	if err := os.WriteFile(conformancePage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func conformanceHead(list []demanded) string {
	whole, members, lacking := 0, 0, 0
	for _, d := range list {
		if len(d.Lacks) == 0 {
			whole++
		}
		members += len(d.Members)
		if slices.Equal(d.Lacks, []string{d.Name}) {
			lacking += len(d.Members)
		} else {
			lacking += len(d.Lacks)
		}
	}
	return fmt.Sprintf(`# Conformance

<!-- Made by TestConformancePage in isolate: UPDATE=1 go test -run TestConformancePage ./isolate -->

What functions find on Skerry, beside what the standards ask for. The yardstick is the [Minimum Common Web
API](https://min-common-api.proposal.wintertc.org/) (ECMA-429). Of the %d interfaces and globals that it names, %d are there with
all that their specifications give them; of their %d members, %d.

One test walks the tables of all classes and holds each against [Web IDL](https://webidl.spec.whatwg.org/): its name, length and tag, the
flags of each property, what it inherits from, `+"`instanceof`"+`, classes derived from it, wrong receivers, missing arguments, `+"`new`"+`,
and the order of iteration (`+"`idl_test.go` and `idlconversion_test.go` in `isolate/webapi`"+`). A global is made when a script first
touches it: what is listed here costs nothing in a function that doesn't use it.

`, len(list), whole, members, members-lacking)
}

// conformanceGroups has a table for each group, and the deviations below it.
func conformanceGroups(list []demanded, deviations map[string][][]string) string {
	var page strings.Builder
	for len(list) > 0 {
		group, n := list[0].Group, 0
		for n < len(list) && list[n].Group == group {
			n++
		}
		fmt.Fprintf(&page, "## %s\n\n", group)
		conformanceTable(&page, list[:n])
		different := ""
		for _, d := range list[:n] {
			different += bullets(d.Name, deviations[d.Name])
		}
		if different != "" {
			page.WriteString("What differs:\n\n" + different + "\n")
		}
		list = list[n:]
	}
	if all := bullets("", deviations["*"]); all != "" {
		page.WriteString("## Everywhere\n\n" + all + "\n")
	}
	return page.String()
}

// conformanceTable tells what is there of a group: what has members in a table, the rest in a
// sentence.
func conformanceTable(page *strings.Builder, group []demanded) {
	var rows, plain strings.Builder
	for _, d := range group {
		link := fmt.Sprintf("[%s](%s)", d.Name, d.Spec)
		switch {
		case slices.Equal(d.Lacks, []string{d.Name}):
			fmt.Fprintf(&rows, "| %s | 0 of %d | all of it |\n", link, len(d.Members))
		case len(d.Members) == 0:
			plain.WriteString(", " + link)
		default:
			lacks := "–"
			if len(d.Lacks) > 0 {
				lacks = code(d.Lacks)
			}
			fmt.Fprintf(&rows, "| %s | %d of %d | %s |\n", link, len(d.Members)-len(d.Lacks), len(d.Members), lacks)
		}
	}
	if rows.Len() > 0 {
		page.WriteString("| | members | lacks |\n| --- | ---: | --- |\n" + rows.String() + "\n")
	}
	if plain.Len() > 0 {
		page.WriteString("There, without members of their own: " + strings.TrimPrefix(plain.String(), ", ") + ".\n\n")
	}
}

func bullets(name string, deviations [][]string) string {
	var out strings.Builder
	for _, d := range deviations {
		if name != "" {
			fmt.Fprintf(&out, "- **%s**: ", name)
		} else {
			out.WriteString("- ")
		}
		fmt.Fprintf(&out, "%s *Why:* %s\n", d[0], d[1])
	}
	return out.String()
}

func code(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + strings.TrimPrefix(name, "static.") + "`"
	}
	return strings.Join(quoted, ", ")
}

// conformanceBeyond lists the globals that nobody demands.
func conformanceBeyond(list []demanded, globals []string, deviations map[string][][]string) string {
	beyond := slices.DeleteFunc(globals, func(name string) bool {
		return slices.ContainsFunc(list, func(d demanded) bool { return d.Name == name })
	})
	slices.SortFunc(beyond, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	different := ""
	for _, name := range beyond {
		different += bullets(name, deviations[name])
	}
	if different != "" {
		different = "What differs:\n\n" + different + "\n"
	}
	return "## Beyond the list\n\nGlobals that other standards or Cloudflare Workers have: " + code(beyond) + ".\n\n" + different
}

// conformanceScores tells what tables of test vectors come to, and which of their rows fail.
func conformanceScores(t *testing.T) string {
	t.Helper()
	var page strings.Builder
	page.WriteString("## Scores\n\nTables of test vectors that run whole, of the [Web Platform Tests](https://github.com/web-platform-tests/wpt) (WPT), of\n[Wycheproof](https://github.com/C2SP/wycheproof), and of JOSE with package [jose](https://github.com/panva/jose): the [cookbook](https://github.com/ietf-jose/cookbook) and Wycheproof's. A row that is expected to fail has a reason; if it passes, the tests fail.\n\n" +
		"| table | rows | hold |\n| --- | ---: | ---: |\n")
	rows, hold := 0, 0
	for _, file := range []string{"webapi/testdata/scores.tsv", "webapi/subtle/testdata/scores.tsv"} {
		scores, err := jstest.ReadScores(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range slices.Sorted(maps.Keys(scores)) {
			s := scores[table]
			fmt.Fprintf(&page, "| %s | %d | %d |\n", table, s.Rows, s.Rows-s.Failed)
			rows, hold = rows+s.Rows, hold+s.Rows-s.Failed
		}
	}
	fmt.Fprintf(&page, "| **together** | **%d** | **%d** |\n", rows, hold)
	if reasons := expectedFailures(t); reasons != "" {
		page.WriteString("\nRows that are expected to fail:\n\n" + reasons)
	}
	return page.String()
}

// expectedFailures lists the rows in the files of expected failures, by the reasons that end
// their lines.
func expectedFailures(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("webapi/testdata/*.expected")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string][]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if at := strings.LastIndexByte(line, '\t'); at >= 0 && !strings.HasPrefix(line, "//") {
				rows[line[at+1:]] = append(rows[line[at+1:]], strings.ReplaceAll(line[:at], "\t", " "))
			}
		}
	}
	for row, reason := range subtletest.Expected() {
		rows[reason] = append(rows[reason], "Wycheproof "+strings.TrimSuffix(row, ":"))
	}
	var out strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(rows)) {
		slices.Sort(rows[reason])
		fmt.Fprintf(&out, "- %s: %s\n", reason, code(rows[reason]))
	}
	return out.String()
}
