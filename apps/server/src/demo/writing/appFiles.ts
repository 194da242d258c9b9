import { plain } from './appPieces.ts'
import type { WritingLanguage } from './readRequest.ts'
import { seedOf } from './seed.ts'
import { dropEndMark } from './sentences.ts'
import { readSubject } from './subject.ts'

/** The files of a small app that keeps entries, named after the requirement; `only` asks for one of them. */
export function makeFiles(requirement: string, language: WritingLanguage, only: string | null): string {
  const { title } = readSubject(requirement.trim().split('\n')[0] ?? '', language)
  const words = language === 'zh' ? chineseApp : englishApp
  const hue = seedOf(requirement) % 360
  const files: [path: string, content: string][] = [
    ['index.html', indexHtml(escapeHtml(title), words, language)],
    ['style.css', styleCss(hue)],
    ['app.js', appJs(words)],
    ['README.md', `# ${plain(title)}\n\n${words.readme}\n`],
  ]
  const asked = files.filter(([path]) => only === null || path === only)
  const kept = asked.length === 0 && only !== null ? [[only, `${words.readme}\n`] as const] : asked
  return `${kept.map(([path, content]) => `=== file: ${path} ===\n${content}=== end ===`).join('\n\n')}\n`
}

/** What is wished stands on the page, and the rest stays. */
export function reviseFiles(text: string, wished: string): string {
  const note = `    <p class="note">${escapeHtml(dropEndMark(wished).replace(/\s+/gu, ' '))}</p>\n`
  if (text.includes('  </header>')) return text.replace('  </header>', `${note}  </header>`)
  return text.replace(/\n=== end ===/u, `\n\n${wished.replace(/\s+/gu, ' ')}\n=== end ===`)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/gu, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!)
}

type AppWords = {
  add: string
  label: string
  all: string
  open: string
  empty: string
  left: string
  remove: string
  readme: string
}

const englishApp: AppWords = {
  add: 'Add',
  label: 'New entry',
  all: 'All',
  open: 'Open',
  empty: 'Nothing here yet.',
  left: 'open',
  remove: 'Remove',
  readme: 'A small list that needs no server. Open index.html in a browser.',
}
const chineseApp: AppWords = {
  add: '添加',
  label: '新条目',
  all: '全部',
  open: '未完成',
  empty: '这里还没有内容。',
  left: '项未完成',
  remove: '删除',
  readme: '一个不需要服务器的小清单。用浏览器打开 index.html 即可。',
}

function indexHtml(title: string, words: AppWords, language: WritingLanguage): string {
  return `<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="style.css">
  <script src="app.js" defer></script>
</head>
<body>
  <header>
    <h1>${title}</h1>
  </header>
  <main>
    <form id="add">
      <label for="text">${words.label}</label>
      <input id="text" maxlength="200" autocomplete="off">
      <button>${words.add}</button>
    </form>
    <nav id="filter">
      <button type="button" data-filter="all" aria-pressed="true">${words.all}</button>
      <button type="button" data-filter="open" aria-pressed="false">${words.open}</button>
    </nav>
    <ul id="entries"></ul>
    <p id="count" role="status"></p>
  </main>
</body>
</html>
`
}

function styleCss(hue: number): string {
  return `:root { color-scheme: light dark; --accent: light-dark(hsl(${hue} 60% 32%), hsl(${hue} 60% 72%)) }
body { max-width: 36rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { color: var(--accent); line-height: 1.2 }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
label[for="text"] { flex-basis: 100% }
#text { flex: 1; min-width: 12rem; padding: .5rem; font: inherit }
button { padding: .5rem .9rem; font: inherit; cursor: pointer }
button[aria-pressed="true"] { outline: 2px solid var(--accent) }
nav { display: flex; gap: .5rem; margin: 1rem 0 }
ul { list-style: none; padding: 0 }
li { display: flex; gap: .6rem; align-items: center; padding: .4rem 0; border-bottom: 1px solid light-dark(#ddd, #444) }
li label { flex: 1 }
li.done label { text-decoration: line-through; opacity: .7 }
.note { font-style: italic }
@media (max-width: 30rem) { form button { flex-basis: 100% } }
`
}

function appJs(words: AppWords): string {
  return `const entries = []
let filter = 'all'
let nextId = 1

const list = document.querySelector('#entries')
const count = document.querySelector('#count')
const field = document.querySelector('#text')

document.querySelector('#add').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = field.value.trim().slice(0, 200)
  field.focus()
  if (text === '') return
  entries.push({ id: nextId++, text, done: false })
  field.value = ''
  draw()
})

document.querySelector('#filter').addEventListener('click', (event) => {
  const chosen = event.target.dataset.filter
  if (chosen === undefined) return
  filter = chosen
  for (const button of event.currentTarget.children) button.setAttribute('aria-pressed', String(button === event.target))
  draw()
})

function draw() {
  const shown = entries.filter((entry) => filter === 'all' || !entry.done)
  list.replaceChildren(...shown.map(drawEntry))
  const open = entries.filter((entry) => !entry.done).length
  count.textContent = entries.length === 0 ? ${JSON.stringify(words.empty)} : open + ' ' + ${JSON.stringify(words.left)}
}

function drawEntry(entry) {
  const item = document.createElement('li')
  item.className = entry.done ? 'done' : ''
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.id = 'entry-' + entry.id
  box.checked = entry.done
  box.addEventListener('change', () => {
    entry.done = box.checked
    draw()
  })
  const label = document.createElement('label')
  label.htmlFor = box.id
  label.textContent = entry.text
  const remove = document.createElement('button')
  remove.type = 'button'
  remove.textContent = ${JSON.stringify(words.remove)}
  remove.addEventListener('click', () => {
    entries.splice(entries.indexOf(entry), 1)
    draw()
  })
  item.append(box, label, remove)
  return item
}

draw()
`
}
