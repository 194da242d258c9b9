import { AppError } from '@stagewright/core'

/** What can't be read: `problem` says why and what to do, in words that go after a colon. */
export function unreadable(problem: string, cause?: unknown): AppError {
  return new AppError('file.unreadable', `The file can't be read: ${problem}.`, { params: { problem }, cause })
}

/** What is no document of a known kind; `what` says what it is, where that can be told. */
export function unknownType(name: string, what: string | null): AppError {
  const words = what === null ? '' : ` It is ${what}.`
  const message = `"${name}" is no txt, md, srt, docx or pdf file.${words}`
  return new AppError('file.typeUnknown', message, { params: { name, what } })
}

/** The library's own errors as ours; what is ours already stays. */
export function asUnreadable(error: unknown, problem: string): AppError {
  return error instanceof AppError ? error : unreadable(problem, error)
}
