/** JSON as it came from a model is one long line; for editing it is laid out. What is no JSON stays as it is. */
export function layOutForEditing(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** Whether an edited text could still be shown as rows. */
export function isReadableRows(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
