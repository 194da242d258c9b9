import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  define: { __VUE_I18N_LEGACY_API__: 'false' },
  test: { environment: 'happy-dom', css: true, include: ['src/**/*.test.ts'] },
})
