import type { CodeFile } from './files.ts'

/**
 * The app as one page that needs no other file: its styles, scripts and pictures stand in index.html. Null without a
 * whole index.html. What is referred to and is none of the files stays as it is: the page's own rules let nothing be
 * fetched.
 */
export function inlinePage(files: readonly CodeFile[]): string | null {
  const contents = new Map(files.flatMap(({ path, content, problem }) => (problem === null ? [[path, content]] : [])))
  const index = files.find(({ path }) => path === 'index.html')
  if (index === undefined || !index.isWhole) return null
  const contentOf = (reference: string): string | undefined =>
    contents.get(reference.replace(/^\.?\//, '').replace(/[?#].*$/, ''))
  const late: string[] = []
  const page = index.content
    .replace(/<link\b[^>]*>/gi, (tag) => {
      const content = /\brel\s*=\s*["']?stylesheet/i.test(tag) ? contentOf(attributeOf(tag, 'href')) : undefined
      // A style element ends at the first such tag, whatever stands around it.
      return content === undefined ? tag : `<style>\n${content.replace(/<\/style/gi, '<\\/style')}</style>`
    })
    .replace(/<script\b([^>]*)>\s*<\/script>/gi, (tag, attributes: string) => {
      const content = contentOf(attributeOf(tag, 'src'))
      if (content === undefined) return tag
      const rest = attributes.replace(/\s*\b(src|defer|async)(\s*=\s*("[^"]*"|'[^']*'|[^\s>]+))?/gi, '')
      const script = `<script${rest}>\n${content.replace(/<\/script/gi, '<\\/script')}</script>`
      // A script that waited for the page's elements would not, standing before them.
      if (!/\b(defer|async)\b/i.test(attributes)) return script
      late.push(script)
      return ''
    })
    .replace(/<img\b[^>]*>/gi, (tag) => {
      const source = attributeOf(tag, 'src')
      const content = source.toLowerCase().endsWith('.svg') ? contentOf(source) : undefined
      return content === undefined ? tag : tag.replace(source, `data:image/svg+xml,${encodeURIComponent(content)}`)
    })
  if (late.length === 0) return page
  const end = page.search(/<\/body\s*>/i)
  const at = end === -1 ? page.length : end
  return `${page.slice(0, at)}${late.join('\n')}\n${page.slice(at)}`
}

function attributeOf(tag: string, name: string): string {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag)
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? ''
}
