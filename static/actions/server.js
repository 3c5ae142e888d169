/** What the page asks of the server, besides history. Each may reject with ApiError. */
import { OWN } from '../messages/message.js';
import { EVERYTHING, toHistory } from '../query/selection.js';
import {
  ApiError,
  deleteConnection,
  hasOnly,
  readConnections,
  readHistory,
  sendMessage,
} from '../stream/api.js';

/** @param {import('./page.js').Page} page */
export const reconnect = ({ link }) => link.reconnect();

/** @param {import('../stream/api.js').Draft} draft @returns {Promise<{id: string, receivers?: number, ms: number}>} */
export async function publish(draft) {
  const began = performance.now();
  const answer = await sendMessage(draft);
  return { ...answer, ms: performance.now() - began };
}

/** Whether the server keeps nothing but its own messages. */
export const isServerAlone = () => hasOnly(OWN);

/** Whether the server's history has a message on a topic, or below it. @param {string} topic */
export async function hasMessages(topic) {
  const query = toHistory({ ...EVERYTHING, only: topic });
  query.set('limit', '1');
  query.set('order', 'desc');
  const { messages, next } = await readHistory(query);
  return messages.length > 0 || next !== null;
}

/** @param {number} pages of the server's answer that are read */
export const listConnections = (pages) => readConnections(pages);

/** Disconnect a reader and list those that are left. @param {string} id @param {number} pages */
export async function disconnectReader(id, pages) {
  try {
    await deleteConnection(id);
  } catch (error) {
    // It has disconnected by itself meanwhile.
    if (!(error instanceof ApiError && error.code === 'not_found')) throw error;
  }
  return readConnections(pages);
}

/**
 * The answer, or what the server refused it with. Anything else is a fault of this page and is thrown.
 * @template T @param {Promise<T>} call @returns {Promise<{ok: T, error: null} | {ok: null, error: ApiError}>}
 */
export async function settled(call) {
  try {
    return { ok: await call, error: null };
  } catch (error) {
    if (error instanceof ApiError) return { ok: null, error };
    throw error;
  }
}
