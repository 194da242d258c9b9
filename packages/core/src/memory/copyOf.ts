/** A deep copy of a stored value (plain objects, arrays, dates), so that no caller holds a stored row itself. */
export function copyOf<T>(value: T): T {
  return copyUnknown(value) as T
}

function copyUnknown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map(copyUnknown)
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyUnknown(field)]))
}
