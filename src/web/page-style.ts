/** How the page looks: light or dark as the system is, three columns, of which a phone shows one at a time. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --back: light-dark(#ffffff, #16181d);
  --side: light-dark(#f5f6f8, #1c1f26);
  --card: light-dark(#f5f6f8, #20242c);
  --line: light-dark(#dfe2e8, #333945);
  --text: light-dark(#1b1f27, #e6e8ee);
  --soft: light-dark(#5c6472, #9aa3b2);
  --accent: light-dark(#2f62c9, #7aa5ff);
  --on-accent: light-dark(#ffffff, #10131a);
  --said: light-dark(#e6eefc, #26334d);
  --bad: light-dark(#b3261e, #ff8f87);
  --warn-back: light-dark(#fff6e0, #33290f);
  --warn-line: light-dark(#e3b341, #8a6a1c);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; }
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; background: var(--back); color: var(--text); overflow: hidden; }
h1, h2, h3, p, pre, ul, ol { margin: 0; padding: 0; }
button, select, input, textarea { font: inherit; color: inherit; }
button, select { min-height: 36px; padding: 4px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--back); cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--accent); }
button:disabled { opacity: .5; cursor: default; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.danger { color: var(--bad); border-color: var(--bad); }
button.quiet { border-color: transparent; background: transparent; color: var(--soft); }
button.quiet:hover:not(:disabled) { color: var(--text); background: var(--card); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
::placeholder { color: var(--soft); opacity: 1; }
.label { font-size: 12px; color: var(--soft); }

#app { display: grid; grid-template-columns: 260px minmax(0, 1fr) auto; height: 100dvh; }
#side { display: flex; flex-direction: column; min-height: 0; background: var(--side); border-right: 1px solid var(--line); }
.side-head { display: grid; gap: 8px; padding: 12px; }
#sessions { list-style: none; overflow-y: auto; flex: 1; padding: 0 8px 8px; }
#sessions a { display: flex; gap: 8px; align-items: baseline; padding: 7px 10px; border-radius: 8px; color: inherit; text-decoration: none; }
#sessions a:hover { background: var(--card); }
#sessions a[aria-current] { background: var(--said); }
.session-name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#sessions time { font-size: 12px; color: var(--soft); }

main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
main > header, #inspector > header { display: flex; align-items: center; gap: 4px; height: 52px; padding: 0 12px; border-bottom: 1px solid var(--line); }
#menu { display: none; position: relative; }
#menu.marked::after { content: ''; position: absolute; top: 4px; right: 4px; border: 4px solid var(--warn-line); border-radius: 50%; }
#title { flex: 1; font-size: 15px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#connection { color: var(--bad); font-size: 13px; }
#problem { display: flex; gap: 8px; align-items: center; margin: 8px 16px 0; padding: 4px 4px 4px 12px; border: 1px solid var(--bad); border-radius: 8px; color: var(--bad); }
#problem p { flex: 1; min-width: 0; overflow-wrap: anywhere; }
#scroller { flex: 1; overflow-y: auto; padding: 20px 16px; overscroll-behavior: contain; }
#scroller:focus-visible { outline-offset: -2px; }
#turns, #scheduled, #composer, #older { width: 100%; max-width: 780px; margin-inline: auto; }
#older { display: block; margin-bottom: 12px; }
.greeting { margin-top: 20vh; text-align: center; color: var(--soft); }
#scheduled { display: grid; gap: 8px; list-style: none; }
#scheduled li { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: center; padding: 2px 2px 2px 12px; border: 1px dashed var(--line); border-radius: 8px; font-size: 13px; color: var(--soft); }
#scheduled span { flex: 1 1 160px; min-width: 0; overflow-wrap: anywhere; }

.turn { position: relative; margin-bottom: 28px; }
.said { width: fit-content; max-width: 85%; margin: 0 0 0 auto; padding: 8px 14px; border-radius: 16px 16px 4px; background: var(--said); white-space: pre-wrap; overflow-wrap: anywhere; }
.said:empty { display: none; }
.anew { display: flex; justify-content: flex-end; min-height: 30px; padding-top: 2px; }
.editor { display: grid; gap: 8px; margin-bottom: 12px; }
.editor textarea { width: 100%; max-height: 50vh; padding: 8px 14px; border: 1px solid var(--line); border-radius: 16px 16px 4px; background: var(--back); resize: none; }
.editor .buttons { justify-content: flex-end; }
.parts { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; }
.answer { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; }
.answer p { white-space: pre-wrap; overflow-wrap: anywhere; }
.answer p > span { display: block; unicode-bidi: plaintext; }
.answer code { font-family: var(--mono); font-size: .9em; padding: 1px 4px; border-radius: 4px; background: var(--card); }
a { color: var(--accent); }
/* Marks before a link that turn the direction of writing do not reach into it. */
.answer a { unicode-bidi: isolate; }
.code { margin: 0; padding: 10px 12px; border-radius: 8px; border: 1px solid var(--line); background: var(--card); font: 13px/1.45 var(--mono); overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.answer .code code { display: block; padding: 0; background: none; font-size: inherit; }
.card { border: 1px solid var(--line); border-radius: 8px; }
.card > summary { display: flex; gap: 8px; align-items: baseline; padding: 6px 12px; cursor: pointer; font-size: 13px; color: var(--soft); list-style: none; }
.card > summary::before { content: '▸'; content: '▸' / ''; }
.card[open] > summary::before { content: '▾'; content: '▾' / ''; }
.card > .answer { padding: 0 12px 10px; color: var(--soft); font-size: 14px; }
.tool-name { min-width: 0; font-family: var(--mono); color: var(--text); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool-line { flex: 1; min-width: 0; font-family: var(--mono); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool-state { white-space: nowrap; }
.tool[data-state='failed'] .tool-state { color: var(--bad); }
.card-body { display: grid; grid-template-columns: minmax(0, 1fr); gap: 6px; padding: 0 12px 12px; }
.approval { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; padding: 14px; border: 1px solid var(--warn-line); border-radius: 10px; background: var(--warn-back); }
.approval.decided { padding: 6px 12px; border-color: var(--line); background: none; color: var(--soft); font-size: 13px; }
.approval h3 { font-size: 15px; }
.approval h3 code { font-family: var(--mono); }
.approval input, .approval textarea, dialog input { width: 100%; padding: 7px 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--back); }
.approval h3, .approval p { overflow-wrap: anywhere; }
.approval select { width: 100%; }
.field { display: grid; gap: 4px; overflow-wrap: anywhere; }
.asked { white-space: pre-wrap; }
.choice { align-self: center; }
.warning { font-weight: 600; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; }
.notice { font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
.problem { color: var(--bad); overflow-wrap: anywhere; }
.problem:empty { display: none; }
.turn > .problem { margin-top: 8px; }
.meta { display: flex; align-items: center; gap: 8px; min-height: 32px; font-size: 12px; color: var(--soft); }
.state:empty { display: none; }
.meta button, .anew button { min-height: 28px; padding: 0 8px; font-size: 12px; }
.turn[aria-busy='true'] .state { animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .45; } }

#composer { position: relative; display: flex; align-items: flex-end; gap: 8px; padding: 8px 16px max(14px, env(safe-area-inset-bottom)); }
#message { flex: 1; min-width: 0; max-height: 35vh; padding: 8px 12px; border: 1px solid var(--line); border-radius: 12px; background: var(--back); resize: none; }
#composer > button { min-height: 42px; }
#to-end { position: absolute; top: -44px; left: 50%; width: 36px; min-height: 36px; padding: 0; border-radius: 50%; translate: -50%; }

#inspector { display: flex; flex-direction: column; width: min(480px, 40vw); min-height: 0; border-left: 1px solid var(--line); background: var(--side); }
#inspector h2 { flex: 1; font-size: 15px; }
#inspector label { display: flex; align-items: center; gap: 4px; font-size: 13px; color: var(--soft); }
#inspector-title { padding: 8px 14px 0; font-family: var(--mono); overflow-wrap: anywhere; }
#events { flex: 1; overflow-y: auto; padding: 8px; list-style: none; }
#events.without-deltas [data-kind='delta'] { display: none; }
#events summary { display: grid; grid-template-columns: 3.5ch minmax(0, 1fr) auto; gap: 0 8px; padding: 4px 6px; border-radius: 6px; cursor: pointer; font: 12px/1.5 var(--mono); list-style: none; }
#events summary:hover { background: var(--card); }
#events .event-id { text-align: end; color: var(--soft); }
#events .event-type { font-weight: 600; }
#events time { color: var(--soft); }
#events .event-line { grid-column: 2 / -1; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#events [data-kind='delta'] .event-type { font-weight: 400; }
#events .code { margin: 4px 6px 8px; font-size: 12px; background: var(--back); }

#waiting { border-color: var(--warn-line); background: var(--warn-back); }
#inbox { width: min(640px, calc(100vw - 32px)); max-width: none; max-height: calc(100dvh - 64px); grid-template-rows: auto minmax(0, 1fr); }
#inbox header { display: flex; align-items: center; }
#inbox h2 { flex: 1; font-size: 15px; }
#approvals { display: grid; gap: 16px; min-height: 0; overflow-y: auto; list-style: none; }
#approvals .label { margin-bottom: 4px; overflow-wrap: anywhere; }

dialog { max-width: min(440px, calc(100vw - 32px)); padding: 20px; border: 1px solid var(--line); border-radius: 12px; background: var(--back); color: var(--text); }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog, dialog form { gap: 14px; }
dialog[open], dialog form { display: grid; }

@media (max-width: 900px) {
  #inspector { position: fixed; inset: 0; z-index: 2; width: auto; border: 0; }
}
@media (max-width: 700px) {
  #app { grid-template-columns: minmax(0, 1fr); }
  #menu { display: block; }
  #side { position: fixed; inset: 52px auto 0 0; z-index: 1; width: min(300px, 85vw); visibility: hidden; translate: -100%; transition: translate .15s, visibility .15s; }
  /* It is seen at once, as only what is seen takes the focus. */
  .with-menu #side { visibility: visible; translate: 0; transition: translate .15s; }
  .tool-line { display: none; }
  .tool-state { flex: 1; text-align: end; }
  /* A smaller size makes phones zoom in when one of these is touched. */
  textarea, input, select { font-size: 16px; }
}
@media (hover: hover) {
  .turn:not(:hover, [data-status='failed']) .anew:not(:focus-within) { opacity: 0; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before { animation: none !important; transition: none !important; }
}
`
