import { describe, expect, it } from 'vitest'
import { BlockedAddressError, guardLookup, isPublicAddress, refuseInternalLiteral } from './addressGuard.ts'

const internal = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '169.254.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.0.1',
  '198.18.0.1',
  '168.63.129.16',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  'fe80::1',
  'fe80::1%eth0',
  '::ffff:127.0.0.1%eth0',
  '2606:4700::1%eth0',
  'febf::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::ffff:0:0',
  '::127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::1',
  '64:ff9b::0.1.0.0',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  '2001:db8::1',
  'example.com',
  '',
  '127.1',
]
const open = [
  '1.1.1.1',
  '8.8.8.8',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.1.1',
  '100.63.255.255',
  '100.128.0.1',
  '168.63.129.17',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
]

describe('isPublicAddress', () => {
  it.each(internal)('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false))
  it.each(open)('lets %s pass', (address) => expect(isPublicAddress(address)).toBe(true))
})

describe('refuseInternalLiteral', () => {
  const forms = [
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0x7f.1',
    'http://0177.0.0.1',
    'http://017700000001',
    'http://127.0.0.1.',
    'http://0',
    'http://①②⑦.⓪.⓪.①',
    'http://127。0。0。1',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://[0:0:0:0:0:0:0:1]',
    'http://169.254.169.254',
    'http://0xa9fea9fe',
    'http://2852039166',
    'http://[fd00:ec2::254]',
    'http://%31%32%37.0.0.1',
  ]
  it.each(forms)('refuses %s', (form) => {
    expect(() => refuseInternalLiteral(new URL(form).hostname)).toThrow(BlockedAddressError)
  })

  it('leaves names to the lookup and public literals alone', () => {
    for (const form of ['http://example.com', 'http://1.1.1.1', 'http://[2606:4700:4700::1111]']) {
      expect(() => refuseInternalLiteral(new URL(form).hostname)).not.toThrow()
    }
  })
})

describe('guardLookup', () => {
  const ask = (addresses: string[], all: boolean) =>
    new Promise<unknown>((settle) => {
      const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      guardLookup(async () => answers)('models.test', { all }, (error, address) => settle(error ?? address))
    })

  it('hands on public answers, one or all', async () => {
    expect(await ask(['1.1.1.1', '2606:4700:4700::1111'], false)).toBe('1.1.1.1')
    expect(await ask(['1.1.1.1'], true)).toEqual([{ address: '1.1.1.1', family: 4 }])
  })

  it.each([[['127.0.0.1']], [['1.1.1.1', '10.0.0.1']], [['1.1.1.1', '::1']], [['::ffff:169.254.169.254']], [[]]])(
    'refuses the answers %j, whichever is asked for',
    async (addresses) => {
      for (const all of [true, false]) expect(await ask(addresses, all)).toBeInstanceOf(BlockedAddressError)
    },
  )

  it('W13 checks every answer anew: a name that is public once is refused when it turns inwards', async () => {
    const answers = [['1.1.1.1'], ['169.254.169.254'], ['8.8.8.8']]
    let asked = 0
    const lookup = guardLookup(async () => (answers[asked++] ?? []).map((address) => ({ address, family: 4 })))
    const askAgain = () =>
      new Promise((settle) => lookup('models.test', {}, (error, address) => settle(error ?? address)))
    expect(await askAgain()).toBe('1.1.1.1')
    expect(await askAgain()).toBeInstanceOf(BlockedAddressError)
    expect(await askAgain()).toBe('8.8.8.8')
    expect(asked).toBe(3)
  })

  it('resolves localhost with the system resolver and refuses it', async () => {
    const answer = await new Promise((settle) => {
      guardLookup()('localhost', { all: true }, (error, address) => settle(error ?? address))
    })
    expect(answer).toBeInstanceOf(BlockedAddressError)
    expect(String(answer)).not.toMatch(/127|::1/)
  })

  it('hands on a resolver error as it is', async () => {
    const failure = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
    const answer = await new Promise((settle) => {
      guardLookup(() => Promise.reject(failure))('models.test', { all: true }, (error) => settle(error))
    })
    expect(answer).toBe(failure)
  })
})
