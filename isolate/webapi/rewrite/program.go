package rewrite

// program is selectors made ready to be matched while elements open and close. A selector
// is a chain of states, one for each of its compounds. A state that an element matches either
// is the last of its chain, or makes the next one wait for the element's children, or for its
// descendants.
type program struct {
	states  []state
	entries []int32 // states that wait for any element
	typed   bool    // whether a state asks for the place among elements of the same name
}

type state struct {
	compound compound
	next     int32 // the state that follows, if it is not the last
	child    bool  // next waits for children only
	last     bool
	set      int32 // what a match of the whole chain is for
}

// add compiles a selector that is for set.
func (p *program) add(list []complexSelector, set int) {
	for _, s := range list {
		p.entries = append(p.entries, int32(len(p.states)))
		for i, c := range s.compounds {
			p.typed = p.typed || c.typed()
			st := state{compound: c, set: int32(set), last: i == len(s.compounds)-1}
			if !st.last {
				st.next = int32(len(p.states) + 1)
				st.child = s.combinators[i] == child
			}
			p.states = append(p.states, st)
		}
	}
}
