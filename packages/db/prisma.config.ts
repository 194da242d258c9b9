import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: '../../prisma/schema.prisma',
  migrations: { path: '../../prisma/migrations' },
  // Without a server the commands work on an embedded database in memory, which has no tables yet.
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://embedded/memory' },
})
