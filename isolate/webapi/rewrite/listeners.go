package rewrite

// listeners are the handlers for one kind of token, and which of them are to be called now.
type listeners struct {
	handlers []any   // by set, then those of documents; nil: none
	active   []int32 // open elements that each is for; 1 for those of documents
	total    int     // of active
}

func (l *listeners) add(handler any, always bool) {
	n := int32(0)
	if always && handler != nil {
		n = 1
		l.total++
	}
	l.handlers, l.active = append(l.handlers, handler), append(l.active, n)
}

// activate adds n to the open elements that sets are for.
func (l *listeners) activate(sets []int32, n int32) {
	for _, s := range sets {
		if l.handlers[s] != nil {
			l.active[s] += n
			l.total += int(n)
		}
	}
}

// appendTo appends the handlers to be called.
func (l *listeners) appendTo(m Meter, list []any) []any {
	m.Done(len(l.active))
	for i, n := range l.active {
		if n > 0 {
			list = append(list, l.handlers[i])
		}
	}
	return list
}
