/**
 * Announcements as PostgreSQL carries them from process to process: `<origin> <topic> <topic> …`, or the origin alone when so
 * much has changed that everything is to be forgotten. The origin lets a sender skip what it has told itself already.
 */
import { createHash } from 'node:crypto';
import { checkedTopic } from './change-listeners.ts';

/** PostgreSQL takes payloads of fewer than 8,000 bytes. */
const messageLengthMax = 7_900;
/** With more topics at once, forgetting everything is cheaper than looking each up. */
export const topicsMax = 2_000;

/** The name of the channel on which a schema's changes are told: PostgreSQL's channels belong to the whole database. */
export function changeChannel(schema: string): string {
  return `gridkeep_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`;
}

/** The messages that tell the topics; none when there are no topics. */
export function changeMessages(origin: string, topics: ReadonlySet<string>): readonly string[] {
  if (topics.size > topicsMax) return [origin];
  const messages: string[] = [];
  let message = origin;
  for (const topic of topics) {
    if (message.length + 1 + topic.length > messageLengthMax) {
      messages.push(message);
      message = origin;
    }
    message += ` ${topic}`;
  }
  return topics.size === 0 ? [] : [...messages, message];
}

/** No topics stand for everything, also when the message is of a form that is not known here. */
export function readChangeMessage(message: string): {
  readonly origin: string;
  readonly topics: readonly string[];
} {
  const [origin = '', ...topics] = message.split(' ');
  try {
    return { origin, topics: topics.map(checkedTopic) };
  } catch {
    return { origin, topics: [] };
  }
}
