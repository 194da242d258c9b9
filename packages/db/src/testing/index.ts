export { openTestDatabase, testDatabaseKinds, type TestDatabase, type TestDatabaseKind } from './openTestDatabase.ts'
