/** A stage's patch etc.: only the given fields change. `undefined` is not allowed, null is a value. */
export type Patch<T> = { [K in keyof T]?: T[K] }

/** 'now' stands for the transaction's time, so that stored times are the database's. */
export type Stamped<T> = { [K in keyof T]?: Date extends T[K] ? T[K] | 'now' : T[K] }

/** Pages count from 1. */
export type Paging = { page: number; pageSize: number }
