/** What the page loads: addresses relative to its own. */
export interface PageAssets {
  readonly style: string
  /** The module that begins. */
  readonly main: string
  /** All modules: fetched at once, not one after the other as they name each other. */
  readonly modules: readonly string[]
}

/** A speech bubble; inside the page, so that no other request is made for it. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%233b6fd4' d='M2 2h12v9H8l-4 3v-3H2z'/%3E%3C/svg%3E"

/**
 * The page's skeleton: all of its parts stand where they stay from the first moment on.
 * Security: it is the same for everybody; nothing of a request, an app or its agents is in it.
 */
export function toPageHtml({ style, main, modules }: PageAssets): string {
  const preloads = modules.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>Chat</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${style}">
${preloads}
<script type="module" src="${main}"></script>
</head>
<body>
<div id="app">
${sidebar}
${conversation}
${inspector}
</div>
${inbox}
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`
}

const sidebar = `<aside id="side" aria-label="Conversations">
<div class="side-head">
<label for="agents" class="label">Agent</label>
<select id="agents"></select>
<button type="button" id="fresh">New conversation</button>
<button type="button" id="waiting" hidden></button>
<p id="balance" class="label" hidden></p>
</div>
<ul id="sessions"></ul>
<button type="button" id="more-sessions" class="quiet" hidden>More</button>
</aside>`

const conversation = `<main>
<header>
<button type="button" id="menu" aria-label="Conversations" aria-expanded="false" aria-controls="side" class="quiet">☰</button>
<h1 id="title" dir="auto">Chat</h1>
<span id="connection" role="status"></span>
<button type="button" id="reset" class="quiet" disabled>Reset</button>
<button type="button" id="remove" class="quiet" disabled>Delete</button>
</header>
<div id="problem" hidden>
<p id="problem-text" role="alert"></p>
<button type="button" id="dismiss" class="quiet" aria-label="Dismiss">✕</button>
</div>
<div id="scroller" tabindex="0" role="region" aria-label="Conversation">
<button type="button" id="older" class="quiet" hidden>Show older turns</button>
<div id="turns" role="log" aria-live="polite" aria-label="Messages"></div>
<ul id="scheduled" aria-label="To be sent later" hidden></ul>
</div>
<form id="composer" autocomplete="off">
<button type="button" id="to-end" aria-label="To the end" hidden>↓</button>
<textarea id="message" rows="1" dir="auto" aria-label="Message" placeholder="Message" enterkeyhint="send"></textarea>
<button type="button" id="stop" class="danger" hidden>Stop</button>
<button type="submit" class="primary">Send</button>
</form>
</main>`

const inspector = `<aside id="inspector" aria-label="Events of a run" hidden>
<header>
<h2>Events</h2>
<label><input type="checkbox" id="deltas"> with deltas</label>
<button type="button" id="close-inspector" class="quiet" aria-label="Close">✕</button>
</header>
<div class="label" id="inspector-title"></div>
<ol id="events"></ol>
</aside>`

const inbox = `<dialog id="inbox" aria-labelledby="inbox-title">
<header>
<h2 id="inbox-title">To decide</h2>
<button type="button" id="close-inbox" class="quiet" aria-label="Close">✕</button>
</header>
<ul id="approvals"></ul>
</dialog>`
