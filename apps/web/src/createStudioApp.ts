import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp, type App as VueApp } from 'vue'
import type { RouteRecordRaw, RouterHistory } from 'vue-router'
import { failureOf, studioKey, type Studio } from './api/studio.ts'
import App from './App.vue'
import { readSession } from './composables/useSession.ts'
import { createMessages, loadMessages } from './i18n.ts'
import { createPipelines, pipelinesKey } from './projects/pipelines.ts'
import { createStudioRouter } from './router.ts'
import { useAppearance } from './stores/appearance.ts'
import './styles.css'

/** The studio on top of any implementation of its interface. The caller mounts it; routes must be there before the first navigation. */
export async function createStudioApp(
  studio: Studio,
  history: RouterHistory,
  moreRoutes: readonly RouteRecordRaw[] = [],
): Promise<VueApp> {
  const queries = new QueryClient({
    defaultOptions: { queries: { staleTime: 5_000, retry: (failures, error) => failures < 2 && isPassing(error) } },
  })
  const router = createStudioRouter(history, {
    isSignedIn: async () => (await readSession(studio, queries).catch(() => null)) !== null,
    hasAccounts: () =>
      studio.server.about().then(
        (about) => about.hasAccounts,
        () => true,
      ),
  })
  for (const route of moreRoutes) router.addRoute(route)
  const app = createApp(App)
  const pinia = createPinia()
  const { language } = useAppearance(pinia)
  app.use(pinia)
  const [messages, pipelines] = await Promise.all([loadMessages(language), loadPipelines(studio)])
  app.use(createMessages(language, messages))
  app.provide(pipelinesKey, createPipelines(pipelines, language))
  app.use(VueQueryPlugin, { queryClient: queries })
  app.use(router)
  app.provide(studioKey, studio)
  return app
}

/** Names are no reason to keep a page back: while the server is away, stages are called by their keys. */
function loadPipelines(studio: Studio): ReturnType<Studio['server']['pipelines']> {
  return studio.server.pipelines().catch(() => [])
}

/** Only what may be better a moment later is asked again. */
function isPassing(error: unknown): boolean {
  return failureOf(error).code.startsWith('server.')
}
