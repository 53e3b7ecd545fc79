/** Complains about each image that is not pinned to a version, in a Dockerfile or a compose file. */
export function imagesArePinned(text: string): readonly string[] {
  const named = [...text.matchAll(/^\s*(?:FROM|image:)\s+(\S+)/gm)].map(([, image]) => image ?? '')
  return named.filter((image) => !/:(?!latest)[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$/.test(image))
}

/** Complains about each line that gives away a secret; the name of a file that holds one is none. */
export function noSecretIsWritten(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .filter(
      (line) =>
        /(password|secret|token|api_?key)(?!_FILE|-)\w*\s*[:=]\s*[^\s/]/i.test(line) ||
        /:\/\/[^\s/:]+:[^\s/@]+@/.test(line) ||
        /BEGIN [A-Z ]*PRIVATE KEY/.test(line),
    )
}

/** Complains about each port that is published to more than this machine. */
export function portsStayHere(text: string): readonly string[] {
  const published = [...text.matchAll(/ports:\s*\[(.*)\]/g)].flatMap(([, list]) =>
    (list ?? '').split(',').map((each) => each.trim().replace(/'/g, '')),
  )
  return published.filter((each) => !each.startsWith('127.0.0.1:'))
}

/** Complains about a first line that needs an image of its own before anything is built. */
export function needsNoSyntaxImage(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^#\s*syntax\s*=/.test(line))
}
