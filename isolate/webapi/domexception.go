package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// DOMException is the error that Web APIs throw where the language has no fitting class.
// Its instances inherit from Error and have a stack.
//
// Spec: https://webidl.spec.whatwg.org/#idl-DOMException
var DOMException = js.Class[domException]{
	Name: "DOMException",
	Constructor: func(c *js.Call) (*domException, error) {
		e := &domException{name: "Error"}
		if c.Given(0) {
			e.message = c.String(0)
		}
		if c.Given(1) {
			e.name = c.String(1)
		}
		return e, nil
	},
	Members: append([]js.Member[domException]{
		js.Getter("name", func(e *domException, _ *js.Call) (any, error) { return e.name, nil }),
		js.Getter("message", func(e *domException, _ *js.Call) (any, error) { return e.message, nil }),
		js.Getter("code", func(e *domException, _ *js.Call) (any, error) { return e.code(), nil }),
	}, domExceptionConstants()...),
	Statics: domExceptionStatics(),
	Error:   func(name, message string) *domException { return &domException{name: name, message: message} },
}

type domException struct {
	js.Instance
	name    string
	message string
}

// code is the number that stood for a name before names did; 0: it has none.
func (e *domException) code() int {
	for i, n := range domExceptionNames {
		if n.name == e.name && n.name != "" {
			return i + 1
		}
	}
	return 0
}

// domExceptionNames lists the names with a code, in order of their codes, from 1.
//
// Spec: https://webidl.spec.whatwg.org/#dfn-error-names-table
var domExceptionNames = [...]struct{ name, constant string }{
	{"IndexSizeError", "INDEX_SIZE_ERR"},
	{"", "DOMSTRING_SIZE_ERR"},
	{"HierarchyRequestError", "HIERARCHY_REQUEST_ERR"},
	{"WrongDocumentError", "WRONG_DOCUMENT_ERR"},
	{"InvalidCharacterError", "INVALID_CHARACTER_ERR"},
	{"", "NO_DATA_ALLOWED_ERR"},
	{"NoModificationAllowedError", "NO_MODIFICATION_ALLOWED_ERR"},
	{"NotFoundError", "NOT_FOUND_ERR"},
	{"NotSupportedError", "NOT_SUPPORTED_ERR"},
	{"InUseAttributeError", "INUSE_ATTRIBUTE_ERR"},
	{"InvalidStateError", "INVALID_STATE_ERR"},
	{"SyntaxError", "SYNTAX_ERR"},
	{"InvalidModificationError", "INVALID_MODIFICATION_ERR"},
	{"NamespaceError", "NAMESPACE_ERR"},
	{"InvalidAccessError", "INVALID_ACCESS_ERR"},
	{"", "VALIDATION_ERR"},
	{"TypeMismatchError", "TYPE_MISMATCH_ERR"},
	{"SecurityError", "SECURITY_ERR"},
	{"NetworkError", "NETWORK_ERR"},
	{"AbortError", "ABORT_ERR"},
	{"URLMismatchError", "URL_MISMATCH_ERR"},
	{"QuotaExceededError", "QUOTA_EXCEEDED_ERR"},
	{"TimeoutError", "TIMEOUT_ERR"},
	{"InvalidNodeTypeError", "INVALID_NODE_TYPE_ERR"},
	{"DataCloneError", "DATA_CLONE_ERR"},
}

func domExceptionConstants() []js.Member[domException] {
	var members []js.Member[domException]
	for i, n := range domExceptionNames {
		members = append(members, js.Constant[domException](n.constant, i+1))
	}
	return members
}

func domExceptionStatics() []js.Static {
	var statics []js.Static
	for i, n := range domExceptionNames {
		statics = append(statics, js.StaticConstant(n.constant, i+1))
	}
	return statics
}
