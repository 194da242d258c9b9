import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, loadEnv } from 'vite'
import { shellBudget } from './shellBudget.ts'

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, import.meta.dirname, 'STAGEWRIGHT_').STAGEWRIGHT_DEV_SERVER ?? 'http://127.0.0.1:3000'
  return {
    plugins: [vue(), tailwindcss(), shellBudget(140_000)],
    // All messages go through the composition API; the other one would only be dead weight.
    define: { __VUE_I18N_LEGACY_API__: 'false', __VUE_OPTIONS_API__: 'false' },
    server: {
      proxy: {
        '/trpc': { target: server, ws: true },
        '/auth': { target: server },
        '/previews': { target: server },
      },
    },
    build: { target: 'es2024', reportCompressedSize: true },
  }
})
