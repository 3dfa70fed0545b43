// What people type who mean no good. Where a script of theirs runs it calls `owned`.

/** Texts of one line. Chromium would break a NUL, and TaylorDash refuses it elsewhere. */
export const LINES = [
  // Scripts, in an element's text and in its attributes.
  `<script>owned(1)</script>`,
  `"><script>owned(2)</script>`,
  `'><img src=x onerror=owned(3)>`,
  `<svg onload=owned(4)>`,
  `<svg><script>owned(5)</script></svg>`,
  `<svg><animate onbegin=owned(6) attributeName=x dur=1s>`,
  `<iframe srcdoc="<script>parent.owned(7)</script>">`,
  `</textarea><script>owned(8)</script>`,
  `</title></style></script><script>owned(9)</script>`,
  `--><script>owned(10)</script>`,
  `]]><script>owned(11)</script>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=owned(12)>`,
  `" autofocus onfocus=owned(13) x="`,
  `' onmouseover='owned(14)' x='`,
  "`-owned(15)-`",
  `";owned(16);//`,
  `</script><script>owned(17)</script>`,
  `<details open ontoggle=owned(18)>`,
  `<a href="javascript:owned(19)">x</a>`,
  `<object data="data:text/html,<script>owned(20)</script>">`,
  `&lt;script&gt;owned(21)&lt;/script&gt;`,
  `\\u003cscript\\u003eowned(22)\\u003c/script\\u003e`,
  `%3Cscript%3Eowned(23)%3C/script%3E`,
  // What needs no script.
  `<base href=//evil.example/>`,
  `<meta http-equiv=refresh content="0;url=//evil.example">`,
  `<form action=//evil.example><button>x</button></form>`,
  `<style>*{display:none}</style>`,
  `<link rel=stylesheet href=//evil.example/x.css>`,
  `<img src=//evil.example/x.png>`,
  `<input name=role value=admin>`,
  `<div data-live="anything" hx-get="/logout" hx-trigger="load"></div>`,
  `<b hx-on:load="owned(31)" hx-post="/logout" hx-trigger="load">x</b>`,
  // Markdown.
  `[x](javascript:owned(40))`,
  `[x](JaVaScRiPt&colon;owned(41))`,
  `[x](java&#9;script:owned(42))`,
  `[x](data:text/html,<script>owned(43)</script>)`,
  `[x](vbscript:owned(44))`,
  `<javascript:owned(45)>`,
  `![x](http://evil.example/x.png)`,
  `![x](x"onerror="owned(46))`,
  `**<img src=x onerror=owned(47)>**`,
  `- [ ] <script>owned(48)</script>`,
  `| <svg onload=owned(49)> |`,
  // Text that goes the other way, or is not seen.
  `\u202eelif.exe`,
  `\u2066\u202eabc`,
  `\u202a\u202b\u202d`,
  `a\u200f\u200e\u200b\u2060b`,
  `a\u2028b\u2029c`,
  // Another header, another line of a log.
  `x%0d%0aX-Owned:%201`,
  `x\u560a\u560dX-Owned: 1`,
  `x\\r\\nX-Owned: 1`,
  // Templates: 7 * 1910191 is 13371337.
  `{{7*1910191}}`,
  `{% include "base.html" %}`,
  "${7*1910191}",
  `#{7*1910191}`,
  `<%= 7*1910191 %>`,
  `{{ layout.user }}`,
  // SQL, LIKE, JSON paths.
  `' or '1'='1`,
  `'; drop table users; --`,
  `1) union select password_hash from users --`,
  `\\'; delete from projects where 'a'='a`,
  `$1`,
  `%' escape '\\`,
  `_%_\\`,
  `$.a[?(@.b==1)]`,
  // Formulas, files, and what only takes room.
  `=cmd|' /C calc'!A0`,
  `../../../../etc/passwd`,
  `file:///etc/passwd`,
  `W`.repeat(199),
  `ﷺ`.repeat(60),
  [..."Zalgo".repeat(6)].map((letter) => `${letter}\u0351\u0363\u036b\u0300\u0317`).join(""),
  `👩‍👩‍👧‍👦🏳️‍🌈`,
];

/** Texts of several lines. */
export const BLOCKS = [
  "x\r\nX-Owned: 1\r\n\r\n<script>owned(60)</script>",
  "[x]: javascript:owned(61)\n\n[x]",
  "```html\n<script>owned(62)</script>\n```",
  "<div>\n\n<script>owned(63)</script>\n\n</div>",
  "| a |\n|---|\n| <img src=x onerror=owned(64)> |",
  "\u202e\n\n# x\n\nSetext <svg onload=owned(65)>\n===",
];

/** The lines, several to a text, none longer than a name may be. */
export function packed() {
  const texts = [];
  for (const line of LINES) {
    const last = texts.at(-1);
    const joined = `${last} ${line}`;
    // Counted as the program counts: characters, not units of UTF-16.
    if (last !== undefined && [...joined].length <= 200) texts[texts.length - 1] = joined;
    else texts.push(line);
  }
  return texts;
}
