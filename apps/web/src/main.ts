import { createWebHistory } from 'vue-router'
import { createStudioApp } from './createStudioApp.ts'
import { connectStudio } from './api/connectStudio.ts'

// Not awaited at the top level: pages import from this chunk, and would wait for one that waits for them.
void createStudioApp(connectStudio(), createWebHistory()).then((app) => app.mount('#app'))
