import { createRouter, type RouterHistory, type RouteRecordRaw } from 'vue-router'
import AccountPage from './pages/AccountPage.vue'
import NotFoundPage from './pages/NotFoundPage.vue'
import ProjectsPage from './pages/ProjectsPage.vue'

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'signIn', component: AccountPage, props: { mode: 'signIn' }, meta: { isPublic: true } },
  { path: '/sign-up', name: 'signUp', component: AccountPage, props: { mode: 'signUp' }, meta: { isPublic: true } },
  { path: '/', name: 'projects', component: ProjectsPage },
  {
    path: '/new/:pipeline?',
    name: 'new',
    component: () => import('./pages/NewProjectPage.vue'),
    props: true,
    meta: { crumb: 'new.title' },
  },
  { path: '/p/:id/:stage?', name: 'project', component: () => import('./pages/ProjectPage.vue'), props: true },
  { path: '/:rest(.*)*', name: 'notFound', component: NotFoundPage, meta: { isPublic: true } },
]

/** What is asked before each page that is not public. */
export type RouterQuestions = { isSignedIn(): Promise<boolean>; hasAccounts(): Promise<boolean> }

/** Without a session the user goes to sign in and back after it; on a server without accounts, to sign up. */
export function createStudioRouter(history: RouterHistory, ask: RouterQuestions) {
  const router = createRouter({
    history,
    routes,
    // Stages of one project keep their own places; every other page begins at its top.
    scrollBehavior: (to, from, saved) =>
      saved ?? (to.name === 'project' && from.name === 'project' ? false : { top: 0 }),
  })
  router.beforeEach(async (to) => {
    if (to.meta.isPublic === true || (await ask.isSignedIn())) return true
    const name = (await ask.hasAccounts()) ? 'signIn' : 'signUp'
    return { name, query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  })
  return router
}
