/** The addresses of the two workers, and the Trusted Types policy that lets them through and nothing else. */

const ADDRESSES = {
  stream: new URL('./worker.js', import.meta.url).href,
  matcher: new URL('./matcher.js', import.meta.url).href,
};

/** One policy, made once. @type {{createScriptURL: (url: string) => any} | null} */
let policy = null;

/** @param {keyof typeof ADDRESSES} name */
export function workerAddress(name) {
  const address = ADDRESSES[name];
  // @ts-expect-error: not in TypeScript's DOM library yet
  const { trustedTypes } = globalThis;
  if (!trustedTypes) return address;
  policy ??= /** @type {{createScriptURL: (url: string) => any}} */ (
    trustedTypes.createPolicy('eyewall', {
      createScriptURL(/** @type {string} */ url) {
        if (!Object.values(ADDRESSES).includes(url)) throw new TypeError(`not a worker: ${url}`);
        return url;
      },
    })
  );
  return policy.createScriptURL(address);
}
