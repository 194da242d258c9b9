export * from './ports/clock.ts'
export * from './ports/database.ts'
export * from './ports/provider.ts'
export * from './ports/queue.ts'
