export { createMemoryStorage, type MemoryStorage } from './storage.ts'
