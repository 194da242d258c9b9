export { digestMigrations } from '../migrate.ts'
export { openTestDatabase, testDatabaseKinds, type TestDatabase, type TestDatabaseKind } from './openTestDatabase.ts'
