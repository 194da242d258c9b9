/** A random key of 128 bits. `crypto.randomUUID` exists only in secure contexts; a studio in the house is plain HTTP. */
export function makeKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
