/** Archives that attack: made from whole ones by changing what they say of themselves. */

/** The same with each `PK` header of a kind changed where `edit` says. */
export function editHeaders(
  zip: Uint8Array,
  kind: 'local' | 'central' | 'end',
  edit: (header: DataView) => void,
): Uint8Array {
  const copy = Uint8Array.from(zip)
  const view = new DataView(copy.buffer)
  const signature = { local: 0x04_03_4b_50, central: 0x02_01_4b_50, end: 0x06_05_4b_50 }[kind]
  for (let at = 0; at + 4 <= copy.length; at += 1)
    if (view.getUint32(at, true) === signature) edit(new DataView(copy.buffer, at))
  return copy
}

/** The same bytes with one name in the place of another of the same length. */
export function rename(zip: Uint8Array, from: string, to: string): Uint8Array {
  const copy = Buffer.from(zip)
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at, 'latin1')
  return Uint8Array.from(copy)
}
