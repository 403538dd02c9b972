// Package rewrite changes HTML on its way through: it finds elements, text and comments by
// CSS selectors in a document that comes in pieces, lets handlers edit them, and gives out
// the edited document in pieces. It is what HTMLRewriter is made of; it knows no JavaScript.
//
// [Rules] say which handlers are for what. A [Rewriter] takes one document through them. It
// calls nobody: [Rewriter.Next] goes on until a handler is due and returns the [Call], and the
// caller runs the handler whenever and however long it likes before it asks for the next.
//
//	Write ──▶ Next ──▶ *Call: run the handler with its token ─┐
//	  ▲         ▲                                             │
//	  │         └─────────────────────────────────────────────┘
//	  └── nil: it needs more input, or Close; Output has what is ready
//
// # What is parsed, and how
//
// A tokenizer (tokenizer.go, tag.go, text.go) follows the HTML standard's tokenization of
// what matters: where tags, attributes, comments and text begin and end. There is no tree:
// what a tree would know is followed as far as it can be (context.go): raw text elements,
// foreign content, and markup of which only a tree could say whether it is text, which is an
// error. Elements are open until their end tag, or that of an element around them, comes; end
// tags that the standard implies are not implied (matcher.go). What is not touched goes out
// byte for byte as it came in.
//
// # Selectors
//
// A selector is matched while the document goes by, with what is known at the start tag: an
// element, its attributes, its place among the siblings before it, and its ancestors. [Rules.On]
// lists what there is.
//
// # Ownership
//
// A Rewriter and its tokens belong to one goroutine. A token is good until Next is called
// again. Rules may be shared by any number of Rewriters, also while On adds to them, as long as
// one goroutine does all that.
//
// # Limits
//
// A tag, a comment or a doctype is at most 1 MB, a tag has at most 16,384 attributes, open
// elements take at most 8 MB, a selector is at most 16 KiB: each has a named error. Text is
// never gathered. Work and memory are reported to a [Meter] before they are spent.
package rewrite
