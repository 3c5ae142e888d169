// npm's `eventsource`: prints each message of the stream at the given address as a line of JSON.
import { EventSource } from 'eventsource';

const stream = new EventSource(process.argv[2]);
stream.addEventListener('open', () => console.log('{"open":true}'));
stream.addEventListener('message', (event) => {
  console.log(JSON.stringify({ id: event.lastEventId, data: event.data }));
});
