package rewrite

import "unicode/utf8"

// contentBytes is how much of a content is written at once.
const contentBytes = 16 << 10

// emit lets bytes of the document out.
func (r *Rewriter) emit(b []byte) { r.out = appendBytes(r.meter, r.out, b) }

// flush lets out what is planned, up to a stream, for which it returns a Call.
func (r *Rewriter) flush() *Call {
	for r.planned < len(r.plan) {
		p := &r.plan[r.planned]
		r.planned++
		switch {
		case p.content.Stream != nil:
			r.inserting = p.content
			r.call = Call{Stream: p.content.Stream}
			return &r.call
		case p.raw != nil:
			r.emit(p.raw)
		default:
			r.insert(p.content.Text, p.content.HTML)
		}
	}
	clear(r.plan)
	r.plan, r.planned = r.plan[:0], 0
	return nil
}

// insert lets out what is put in.
func (r *Rewriter) insert(text string, html bool) {
	for len(text) > 0 {
		n := min(len(text), contentBytes)
		if n < len(text) {
			for i := 1; i < utf8.UTFMax && !utf8.RuneStart(text[n]); i++ {
				n--
			}
		}
		piece := text[:n]
		text = text[n:]
		if !html {
			piece = escaper.Replace(piece)
		}
		r.meter.Done(1 + n/8)
		r.out = appendBytes(r.meter, r.out, r.charset.encoded(piece))
	}
}

// Insert puts a piece of the stream of the last Call in its place. The stream is UTF-8.
func (r *Rewriter) Insert(piece []byte) {
	if len(r.split) > 0 {
		piece = append(r.split, piece...)
	}
	n := len(piece) - unfinished(piece)
	r.split = append([]byte(nil), piece[n:]...)
	r.insert(string(piece[:n]), r.inserting.HTML)
}

// InsertEnd says that the stream is over.
func (r *Rewriter) InsertEnd() {
	r.insert(string(r.split), r.inserting.HTML)
	r.split, r.inserting = nil, Content{}
}
