import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'

export type StudioStage =
  | 'rewrite'
  | 'storyboard'
  | 'camera'
  | 'outline'
  | 'report'
  | 'plan'
  | 'execute'
  | 'validate'
  | 'generate'
  | 'extract'
  | 'translate'
  | 'deliver'

/** What a person does in the studio, by the marks that stay the same in every language. */
export type StudioPage = ReturnType<typeof createStudioPage>

export function createStudioPage(page: Page) {
  const id = (name: string) => page.getByTestId(name)
  return {
    async signUp(): Promise<void> {
      await page.goto('/sign-up')
      const fields = page.locator('form input')
      await fields.nth(0).fill('Anna')
      await fields.nth(1).fill(`anna-${crypto.randomUUID()}@example.com`)
      await fields.nth(2).fill('correct horse')
      await page.locator('form button[type=submit]').click()
      await page.waitForURL('/')
    },
    /** Ends inside the first stage. */
    async createProject(text: string, kind: 'story' | 'report' | 'code' = 'story'): Promise<string> {
      await page.goto('/new')
      await id(`kind-${kind}`).click()
      await page.locator('textarea').first().fill(text)
      await page.locator('form button[type=submit]').click()
      await page.waitForURL(/\/p\/[0-9a-f-]+\//)
      await id('main-action').waitFor()
      return /\/p\/([0-9a-f-]+)/.exec(page.url())![1]!
    },
    openStage: (stage: StudioStage) => id(`tab-${stage}`).click(),
    /** Presses the one button when it says what is wanted. */
    act: (action: 'generate' | 'stop' | 'regenerate' | 'continue' | 'next' | 'resume') =>
      page.locator(`[data-testid=main-action][data-action=${action}]`).click(),
    regenerate: () => id('regenerate').click(),
    waitFor: (state: string) => page.locator(`[data-testid=status][data-state=${state}]`).waitFor(),
    async runRest({ pause }: { pause: boolean }): Promise<void> {
      await id('run-all').click()
      if (!pause) await id('pause-each').click()
      await id('run-rest').click()
    },
    /** What the browser downloads, of the version shown or of the whole project. */
    async exportAs(what: 'version' | 'project', words: string): Promise<{ name: string; bytes: Buffer }> {
      await id(`export-${what}`).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: words }).click(),
      ])
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
    },
    /** The prose as it is shown, a paragraph a line. */
    async prose(): Promise<string> {
      const paragraphs = await id('text').locator('p, h1, h2, h3').allInnerTexts()
      return paragraphs.map((paragraph) => paragraph.trim()).join('\n\n')
    },
    rows: () => id('text').locator('tbody tr, [data-row]'),
    /** As the server says it, whatever is on the page. */
    async statusOf(projectId: string, stage: StudioStage): Promise<string> {
      return page.evaluate(
        async ([project, key]) => {
          const input = encodeURIComponent(JSON.stringify({ projectId: project }))
          const answer = await fetch(`/trpc/projects.get?input=${input}`)
          const { state } = (await answer.json()).result.data
          return state.stages.find((candidate: { key: string }) => candidate.key === key).status as string
        },
        [projectId, stage] as const,
      )
    },
    /** The project's tasks in full, newest first. */
    async tasksOf(projectId: string): Promise<Record<string, unknown>[]> {
      return page.evaluate(async (project) => {
        const ask = async (name: string, input: unknown) => {
          const answer = await fetch(`/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`)
          return (await answer.json()).result.data
        }
        const { tasks } = (await ask('tasks.list', { projectId: project })) as { tasks: { id: string }[] }
        return Promise.all(tasks.map(({ id: taskId }) => ask('tasks.get', { taskId })))
      }, projectId)
    },
    /** A version's exact text, from the server the page is on. */
    async currentText(projectId: string, stage: StudioStage): Promise<string> {
      return page.evaluate(
        async ([project, key]) => {
          const ask = async (name: string, input: unknown) => {
            const answer = await fetch(`/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`)
            return (await answer.json()).result.data
          }
          const { state } = await ask('projects.get', { projectId: project })
          const view = state.stages.find((candidate: { key: string }) => candidate.key === key)
          const rewriteId = (view.current ?? view.last).id
          return (await ask('stages.version', { rewriteId })).text as string
        },
        [projectId, stage] as const,
      )
    },
  }
}
