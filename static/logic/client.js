/** Who is behind a User-Agent, as short as it can be said. */

/** The first that fits: browsers name all their ancestors. @type {[RegExp, string][]} */
const KNOWN = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bSamsungBrowser\/(\d+)/, 'Samsung Internet'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\bHeadlessChrome\/(\d+)/, 'Headless Chrome'],
  [/\bChrom(?:e|ium)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* .*Safari\//, 'Safari'],
  [/^curl\/(\d+\.\d+)/, 'curl'],
  [/^python-httpx\/(\d+\.\d+)/, 'httpx'],
  [/^Python-urllib\/(\d+\.\d+)/, 'Python'],
];

/** @param {string} agent */
export function clientName(agent) {
  for (const [pattern, name] of KNOWN) {
    const found = pattern.exec(agent);
    if (found) return `${name} ${found[1]}`;
  }
  return agent === '' ? '–' : agent.slice(0, 60);
}

/** A filter as it would be asked for; '' for everything. @param {unknown} filter */
export function filterText(filter) {
  if (filter === null || typeof filter !== 'object') return typeof filter === 'string' ? filter : '';
  return Object.entries(filter)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .filter(([key, value]) => !(key === 'level' && value === 'debug'))
    .map(([key, value]) => `${key}:${Array.isArray(value) ? value.join(',') : value}`)
    .join(' ');
}
