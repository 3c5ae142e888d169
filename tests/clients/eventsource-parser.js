// npm's `eventsource-parser` under Node's own fetch: prints each message as a line of JSON.
import { createParser } from 'eventsource-parser';

const parser = createParser({
  onEvent: ({ id, event, data }) => {
    if (event === undefined) console.log(JSON.stringify({ id, data }));
  },
  onError: (error) => console.log(JSON.stringify({ error: String(error) })),
});
const answer = await fetch(process.argv[2]);
console.log('{"open":true}');
for await (const text of answer.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
