/** A reason why the database could not be opened or went away. Its message is one sentence for the operator, without secrets. */
export abstract class DatabaseError extends Error {
  /** Permanent; the class's name. */
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

export class DataFolderLocked extends DatabaseError {
  readonly code = 'DataFolderLocked'
}

/** The folder cannot be made, written or locked. */
export class DataFolderUnusable extends DatabaseError {
  readonly code = 'DataFolderUnusable'
}

export class DatabaseUrlInvalid extends DatabaseError {
  readonly code = 'DatabaseUrlInvalid'
}

export class DatabaseUnreachable extends DatabaseError {
  readonly code = 'DatabaseUnreachable'
}

export class DatabaseTooOld extends DatabaseError {
  readonly code = 'DatabaseTooOld'
}

export class MigrationFailed extends DatabaseError {
  readonly code = 'MigrationFailed'
}

/** The embedded database did not start, or its thread ended while in use. Nothing can be asked of it any more. */
export class EmbeddedDatabaseFailed extends DatabaseError {
  readonly code = 'EmbeddedDatabaseFailed'
}
