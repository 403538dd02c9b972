// HTML: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/

interface ContentOptions {
  /** Whether the content is HTML; otherwise it is text, and escaped. */
  html?: boolean;
}

/** Changes HTML while it goes by. */
declare class HTMLRewriter {
  constructor();
  /** Adds handlers for the elements that a CSS selector matches. */
  on(selector: string, handlers: ElementHandlers): HTMLRewriter;
  onDocument(handlers: DocumentHandlers): HTMLRewriter;
  /** A response with the rewritten body of another. */
  transform(response: Response): Response;
}

interface ElementHandlers {
  element?(element: HTMLRewriterElement): void | PromiseLike<void>;
  comments?(comment: HTMLRewriterComment): void | PromiseLike<void>;
  text?(text: HTMLRewriterText): void | PromiseLike<void>;
}

interface DocumentHandlers {
  doctype?(doctype: HTMLRewriterDoctype): void | PromiseLike<void>;
  comments?(comment: HTMLRewriterComment): void | PromiseLike<void>;
  text?(text: HTMLRewriterText): void | PromiseLike<void>;
  end?(end: HTMLRewriterDocumentEnd): void | PromiseLike<void>;
}

interface HTMLRewriterElement {
  tagName: string;
  readonly namespaceURI: string;
  readonly removed: boolean;
  readonly attributes: IterableIterator<[string, string]>;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  setAttribute(name: string, value: string): HTMLRewriterElement;
  removeAttribute(name: string): HTMLRewriterElement;
  before(content: string, options?: ContentOptions): HTMLRewriterElement;
  after(content: string, options?: ContentOptions): HTMLRewriterElement;
  prepend(content: string, options?: ContentOptions): HTMLRewriterElement;
  append(content: string, options?: ContentOptions): HTMLRewriterElement;
  replace(content: string, options?: ContentOptions): HTMLRewriterElement;
  setInnerContent(content: string, options?: ContentOptions): HTMLRewriterElement;
  remove(): HTMLRewriterElement;
  removeAndKeepContent(): HTMLRewriterElement;
  onEndTag(handler: (tag: HTMLRewriterEndTag) => void | PromiseLike<void>): void;
}

interface HTMLRewriterEndTag {
  name: string;
  before(content: string, options?: ContentOptions): HTMLRewriterEndTag;
  after(content: string, options?: ContentOptions): HTMLRewriterEndTag;
  remove(): HTMLRewriterEndTag;
}

interface HTMLRewriterText {
  readonly text: string;
  /** Whether this is the last piece of its text, which comes in several. */
  readonly lastInTextNode: boolean;
  readonly removed: boolean;
  before(content: string, options?: ContentOptions): HTMLRewriterText;
  after(content: string, options?: ContentOptions): HTMLRewriterText;
  replace(content: string, options?: ContentOptions): HTMLRewriterText;
  remove(): HTMLRewriterText;
}

interface HTMLRewriterComment {
  text: string;
  readonly removed: boolean;
  before(content: string, options?: ContentOptions): HTMLRewriterComment;
  after(content: string, options?: ContentOptions): HTMLRewriterComment;
  replace(content: string, options?: ContentOptions): HTMLRewriterComment;
  remove(): HTMLRewriterComment;
}

interface HTMLRewriterDoctype {
  readonly name: string | null;
  readonly publicId: string | null;
  readonly systemId: string | null;
}

interface HTMLRewriterDocumentEnd {
  append(content: string, options?: ContentOptions): HTMLRewriterDocumentEnd;
}
