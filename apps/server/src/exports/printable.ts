import MarkdownIt from 'markdown-it'
import cjkFriendly from 'markdown-it-cjk-friendly'

const style = `
  :root { color-scheme: light }
  body { max-width: 42rem; margin: 2.5rem auto; padding: 0 1.25rem; font: 1rem/1.7 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: #1c1b1a; overflow-wrap: anywhere }
  h1, h2, h3 { line-height: 1.25; break-after: avoid }
  table { width: 100%; border-collapse: collapse; font-size: .9rem }
  th, td { border: 1px solid #c9c5bf; padding: .4rem .6rem; text-align: left; vertical-align: top }
  th { background: #f3f1ed } tr { break-inside: avoid } thead { display: table-header-group }
  pre { white-space: pre-wrap }
  @page { margin: 20mm } @media print { body { max-width: none; margin: 0; padding: 0 } }`

/** Raw HTML is text, and nothing is fetched from anywhere: a picture is only named. */
const markdown = new MarkdownIt({ html: false, linkify: false }).use(cjkFriendly)
markdown.renderer.rules.image = (tokens, index) => `[${markdown.utils.escapeHtml(tokens[index]?.content ?? '')}]`

/** A page that stands alone, for reading and printing. */
export function toPrintable(text: string, { title, language }: { title: string; language: string }): string {
  const { escapeHtml } = markdown.utils
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}
</style>
</head>
<body>
${markdown.render(text)}</body>
</html>
`
}
