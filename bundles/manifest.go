package bundles

// Isolation says how long an isolate serves one function.
type Isolation string

const (
	// IsolationEvent gives every event a fresh isolate: module state is gone afterwards.
	IsolationEvent Isolation = "event"
	// IsolationReuse keeps an isolate for many events, one at a time: module state survives.
	IsolationReuse Isolation = "reuse"
)

// Manifest is what a function's author says of it, beside its code. The zero value of a
// field means what its comment says; [Manifest.WithDefaults] writes the meaning out.
type Manifest struct {
	Name        string            `json:"name"`
	Isolation   Isolation         `json:"isolation,omitempty"`   // empty: IsolationEvent
	Routes      []string          `json:"routes,omitempty"`      // "host/path*" patterns; none: NAME.<domain>
	Prewarm     int               `json:"prewarm,omitempty"`     // isolates kept ready even when idle; 0: none
	Concurrency int               `json:"concurrency,omitempty"` // events at once on a node; 0: 200
	Limits      Limits            `json:"limits"`
	Vars        map[string]string `json:"vars,omitempty"`  // entries of env that are strings
	KV          []KVBinding       `json:"kv,omitempty"`    // entries of env that are KV namespaces
	Allow       []string          `json:"allow,omitempty"` // "host:port" that fetch may reach; none: the public internet
	Eval        bool              `json:"eval,omitempty"`  // whether eval and new Function are permitted
}

// Limits bounds one event. A zero field means the default named beside it.
type Limits struct {
	CPUMillis   int  `json:"cpu_ms,omitempty"`      // JavaScript time; 0: 50
	WallMillis  *int `json:"wall_ms,omitempty"`     // until the response head; nil: 30,000; 0: no bound
	MemoryMB    int  `json:"memory_mb,omitempty"`   // what the event keeps alive; 0: 64
	Subrequests int  `json:"subrequests,omitempty"` // calls of fetch; 0: 50
	BodyMB      int  `json:"body_mb,omitempty"`     // request body; 0: 10
}

// The values that a manifest's zero fields stand for.
const (
	ConcurrencyDefault = 200
	CPUMillisDefault   = 50
	WallMillisDefault  = 30_000
	MemoryMBDefault    = 64
	SubrequestsDefault = 50
	BodyMBDefault      = 10
)

// WithDefaults returns m with every zero field that stands for something else written out.
// It shares its slices and maps with m.
func (m Manifest) WithDefaults() Manifest {
	if m.Isolation == "" {
		m.Isolation = IsolationEvent
	}
	setDefault(&m.Concurrency, ConcurrencyDefault)
	setDefault(&m.Limits.CPUMillis, CPUMillisDefault)
	setDefault(&m.Limits.MemoryMB, MemoryMBDefault)
	setDefault(&m.Limits.Subrequests, SubrequestsDefault)
	setDefault(&m.Limits.BodyMB, BodyMBDefault)
	if m.Limits.WallMillis == nil {
		wall := WallMillisDefault
		m.Limits.WallMillis = &wall
	}
	return m
}

func setDefault(field *int, value int) {
	if *field == 0 {
		*field = value
	}
}

// KVBinding makes a KV namespace an entry of env.
type KVBinding struct {
	Binding   string `json:"binding"`   // the entry's name on env
	Namespace string `json:"namespace"` // the namespace in the node's store
}
