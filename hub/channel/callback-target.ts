import type { ChannelConfig } from './config.ts'

/**
 * Whether a client may be called back there: an absolute http(s) URL of an allowed origin, or of the lab's loopback;
 * never another private address, never with a password in it. Names are looked at again when the call leaves.
 */
export function isCallbackTarget(
  text: string,
  { callbackOrigins, lab }: Pick<ChannelConfig, 'callbackOrigins' | 'lab'>,
): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return false
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false
  if (isLoopback(url.hostname)) return lab
  return !isPrivate(url.hostname) && callbackOrigins.includes(url.origin)
}

/** `URL` has written every form of an IPv4 address (octal, hex, one number) as four decimals already. */
function isLoopback(host: string): boolean {
  return /^127\.\d+\.\d+\.\d+$|^\[::1\]$|^localhost$|\.localhost$/.test(host)
}

/** This network, private, shared, link-local and multicast addresses; any IPv6 literal but a global one. */
const privateHosts =
  /^(0|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2(2[4-9]|[3-5]\d))\.|^\[(?![23])/

function isPrivate(host: string): boolean {
  return privateHosts.test(/^[\d.]+$|^\[/.test(host) ? host : '')
}
