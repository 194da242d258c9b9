/**
 * The gallery: the studio without a server, and every state of its parts on one page (#/gallery).
 * `?lang=zh&theme=dark&empty&signedOut&lost&repeats=48` choose what it shows.
 */
import { createWebHashHistory } from 'vue-router'
import { createStudioApp } from '../createStudioApp.ts'
import { createSampleStudio } from './sampleStudio.ts'

const asked = new URLSearchParams(location.search)
const language = asked.get('lang') === 'zh' ? 'zh' : 'en'
localStorage.setItem('stagewright.language', language)
localStorage.setItem('stagewright.theme', asked.get('theme') === 'dark' ? 'dark' : 'light')

const studio = createSampleStudio({
  language,
  isEmpty: asked.has('empty'),
  isSignedIn: !asked.has('signedOut'),
  connection: asked.has('lost') ? 'lost' : 'live',
  rewriteRepeats: Number(asked.get('repeats') ?? 1),
})
const galleryRoute = { path: '/gallery', component: () => import('./GalleryPage.vue'), meta: { isPublic: true } }
const app = await createStudioApp(studio, createWebHashHistory(), [galleryRoute])
app.mount('#app')
