import MarkdownIt from 'markdown-it'
import cjkFriendly from 'markdown-it-cjk-friendly'

/**
 * The one way Markdown becomes HTML. Raw HTML stays text, dangerous links are refused by markdown-it itself, images
 * are named and never loaded (a model's image address is a way to send data out).
 */
const renderer = new MarkdownIt({ html: false, linkify: false, typographer: false })
// CommonMark does not see the end of **结论：**内容, which is how models write Chinese.
renderer.use(cjkFriendly)
// A definition further down could change blocks above it, and settled blocks must never change.
renderer.disable('reference')

renderer.renderer.rules.image = (tokens, index) => {
  const alt = tokens[index]?.content ?? ''
  return alt === '' ? '' : `<span class="image-alt">[${renderer.utils.escapeHtml(alt)}]</span>`
}
renderer.renderer.rules.link_open = (tokens, index, options) => {
  tokens[index]?.attrSet('rel', 'noopener noreferrer nofollow')
  tokens[index]?.attrSet('target', '_blank')
  return renderer.renderer.renderToken(tokens, index, options)
}

/** HTML that is safe to set: every character of the text is either escaped or inside one of the renderer's own tags. */
export function renderMarkdown(source: string): string {
  return renderer.render(source)
}
