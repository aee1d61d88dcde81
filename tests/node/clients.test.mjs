// Clients that people use, each twice: straight to a model server and through the proxy. What the client makes of the
// answers, and what the model server sees of the requests, must be the same.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import test from 'node:test';
import { eventually, startCandor } from './candor.mjs';

const load = name => import(name).catch(() => null);
const [openai6, openai7, ai, aiOpenAI, aiCompatible, langchain] = await Promise.all([
  load('openai'), load('openai-next'), load('ai'), load('@ai-sdk/openai'), load('@ai-sdk/openai-compatible'),
  load('@langchain/openai')]);

// ---- a model server whose answers are decided by the request ----

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };

function chatEvents(body) {
  const chunk = (delta, finish_reason = null, more = {}) => `data: ${JSON.stringify({
    id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'served',
    choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
  const said = body.tools
    ? [chunk({ role: 'assistant', content: null, tool_calls: [{ ...call, function: { name: 'weather', arguments: '' } }] }),
      ...['{"city"', ':"Oslo"}'].map(part => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] })),
      chunk({}, 'tool_calls')]
    : [chunk({ role: 'assistant', content: '' }), ...['Canberra', ', naturally', ' – día 日本 🙂'].map(content => chunk({ content })),
      chunk({}, 'stop')];
  if (body.stream_options?.include_usage) said.push(chunk({}, null, { choices: [], usage }));
  return [...said, 'data: [DONE]\n\n'];
}

function chatWhole(body) {
  const message = body.tools ? { role: 'assistant', content: null, tool_calls: [call] }
    : { role: 'assistant', content: 'Canberra, naturally – día 日本 🙂' };
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'served', usage,
    choices: [{ index: 0, message, finish_reason: body.tools ? 'tool_calls' : 'stop' }] };
}

function responseEvents() {
  const base = { id: 'resp_1', object: 'response', created_at: 1, model: 'served', status: 'in_progress', output: [] };
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed',
    content: [{ type: 'output_text', text: 'Canberra it is', annotations: [] }] };
  const events = [
    { type: 'response.created', response: base },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [], status: 'in_progress' } },
    { type: 'response.content_part.added', item_id: 'msg_1', output_index: 0, content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] } },
    ...['Canberra', ' it is'].map(delta => ({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta })),
    { type: 'response.output_text.done', item_id: 'msg_1', output_index: 0, content_index: 0, text: 'Canberra it is' },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { ...base, status: 'completed', output: [item],
      usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 } } }];
  return events.map((event, sequence_number) =>
    `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`);
}

async function serve(t) {
  const model = { requests: [], closed: 0 };
  const failures = new Map(); // how often a model has failed already
  const respond = (request, raw, response) => {
    const json = (status, value, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
      response.end(JSON.stringify(value));
    };
    const stream = (events, open = false) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
      for (const event of events) response.write(event);
      if (!open) response.end();
    };
    const error = (message, type) => ({ error: { message, type, param: null, code: null } });
    if (request.url.endsWith('/files'))
      return json(200, { id: 'file-1', object: 'file', created_at: 1, purpose: 'assistants', bytes: raw.length,
        filename: /filename="([^"]*)"/.exec(raw.toString('latin1'))?.[1] });
    const body = JSON.parse(raw);
    const times = failures.get(body.model) ?? 0;
    failures.set(body.model, times + 1);
    if (body.model === 'refuses') return json(400, error('No such thing.', 'invalid_request_error'));
    if (body.model === 'busy' && times % 3 < 2)
      return json(429, error('Slow down.', 'rate_limit_error'), { 'retry-after': '1', 'x-ratelimit-remaining-requests': '0' });
    if (body.model === 'stubborn') return json(503, error('Not now.', 'server_error'), { 'x-should-retry': 'false' });
    if (body.model === 'hangs') return stream(chatEvents(body).slice(0, 2), true);
    if (request.url.endsWith('/embeddings'))
      return json(200, { object: 'list', model: 'served', usage: { prompt_tokens: 2, total_tokens: 2 },
        data: [{ object: 'embedding', index: 0, embedding: body.encoding_format === 'base64'
          ? Buffer.from(new Float32Array([0.5, -0.25]).buffer).toString('base64') : [0.5, -0.25] }] });
    if (request.url.endsWith('/responses')) return stream(responseEvents());
    return body.stream ? stream(chatEvents(body)) : json(200, chatWhole(body));
  };
  const server = http.createServer(async (request, response) => {
    const parts = [];
    const came = performance.now();
    response.on('close', () => { if (!response.writableFinished) model.closed++; });
    for await (const part of request) parts.push(part);
    const raw = Buffer.concat(parts);
    const shown = Object.fromEntries(Object.entries(request.headers).filter(([name]) =>
      !['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'content-type', 'traceparent'].includes(name)));
    const multipart = request.headers['content-type']?.startsWith('multipart/'); // its boundary is random
    model.requests.push({ came, method: request.method, url: request.url, headers: shown,
      body: multipart ? raw.length : createHash('sha256').update(raw).digest('hex') });
    respond(request, raw, response);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  model.url = `http://127.0.0.1:${server.address().port}/v1`;
  return model;
}

// ---- what each client is asked to do: a value that tells all that came of it ----

const question = [{ role: 'user', content: 'What is the capital of Australia? I think it is Sydney.' }];
const picture = 'data:image/png;base64,' + Buffer.alloc(200_000, 'pixels').toString('base64');
const weather = { name: 'weather', description: 'The weather', parameters: {
  type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } };
const tools = [{ type: 'function', function: weather }];

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
async function failure(promise, ...fields) {
  try {
    await promise;
  } catch (error) {
    return { name: error.constructor.name, ...Object.fromEntries(fields.map(field => [field, error[field]])) };
  }
  return assert.fail('it did not fail');
}

function openaiScenarios({ default: OpenAI, toFile }) {
  const client = (baseURL, maxRetries = 2) => new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries });
  const chat = (url, more, options) => client(url).chat.completions.create({ model: 'm', messages: question, ...more }, options);
  return {
    'create': async url => (await chat(url, {})),
    'stream with a usage chunk': async url => all(await chat(url, { stream: true, stream_options: { include_usage: true } })),
    'tools': async url => [await chat(url, { tools }), await all(await chat(url, { tools, stream: true }))],
    'an image': async url => chat(url, { messages: [{ role: 'user', content: [
      { type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: picture } }] }] }),
    'an abort that the model server sees': async (url, model) => {
      const stream = await chat(url, { model: 'hangs', stream: true });
      for await (const chunk of stream) if (chunk.choices[0].delta.content) break;
      stream.controller.abort();
      await eventually(() => model.closed === 1, 'the close');
      return model.closed;
    },
    'an error': async url => failure(chat(url, { model: 'refuses' }), 'status', 'message', 'type', 'requestID'),
    'retries after the time it is told': async (url, model) => {
      const answer = await chat(url, { model: 'busy' });
      const [first, second, third] = model.requests.map(request => request.came);
      assert.ok(second - first >= 900 && third - second >= 900, 'it waited as long as it was told');
      return [answer, model.requests.length];
    },
    'no retry where it is told so': async (url, model) =>
      [await failure(chat(url, { model: 'stubborn' }), 'status'), model.requests.length],
    'the Responses API, streamed': async url => all(await client(url).responses.create({ model: 'm', input: 'Capital?', stream: true })),
    'embeddings': async url => client(url).embeddings.create({ model: 'm', input: 'a text' }),
    'a file': async url => client(url).files.create({ purpose: 'assistants', file: await toFile(Buffer.alloc(300_000, 'x'), 'notes.jsonl') }),
  };
}

function aiScenarios(modelOf) {
  const tool = { weather: ai.tool?.({ description: weather.description, inputSchema: ai.jsonSchema(weather.parameters) }) };
  const gist = ({ text, toolCalls, finishReason, usage: used }) => ({
    text, finishReason, used, calls: toolCalls.map(({ toolName, input }) => ({ toolName, input })) });
  const generate = (url, name, more = {}) => ai.generateText({ model: modelOf(url)(name), messages: question, ...more });
  const streamed = async (url, more = {}) => {
    const result = ai.streamText({ model: modelOf(url)('m'), messages: question, ...more });
    const parts = (await all(result.fullStream)).map(({ type, text, toolName, input, finishReason }) => ({ type, text, toolName, input, finishReason }));
    return { parts, text: await result.text, usage: await result.usage };
  };
  return {
    'generate': async url => gist(await generate(url, 'm')),
    'stream': async url => streamed(url),
    'tools': async url => [gist(await generate(url, 'm', { tools: tool })), await streamed(url, { tools: tool })],
    'an image': async url => gist(await ai.generateText({ model: modelOf(url)('m'), messages: [{ role: 'user', content: [
      { type: 'text', text: 'What is this?' }, { type: 'image', image: picture }] }] })),
    'an abort that the model server sees': async (url, model) => {
      const controller = new AbortController();
      const result = ai.streamText({ model: modelOf(url)('hangs'), messages: question, abortSignal: controller.signal, onError() {} });
      const parts = [];
      for await (const part of result.fullStream) {
        parts.push(part.type);
        if (part.type === 'text-delta') controller.abort();
      }
      await eventually(() => model.closed === 1, 'the close');
      return parts.at(-1);
    },
    'an error': async url => failure(generate(url, 'refuses'), 'statusCode', 'responseBody'),
    'retries': async (url, model) => [gist(await generate(url, 'busy')), model.requests.length],
  };
}

function langchainScenarios({ ChatOpenAI, OpenAIEmbeddings }) {
  const chat = (url, more = {}) => new ChatOpenAI({ model: 'm', apiKey: 'sk-test', configuration: { baseURL: url }, ...more });
  const gist = ({ content, tool_calls, usage_metadata, response_metadata }) => ({ content, tool_calls, usage_metadata, response_metadata });
  return {
    'invoke': async url => gist(await chat(url).invoke(question)),
    'stream': async url => (await all(await chat(url).stream(question))).map(gist),
    'tools': async url => gist(await chat(url).bindTools(tools).invoke(question)),
    'an image': async url => gist(await chat(url).invoke([{ role: 'user', content: [
      { type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: picture } }] }])),
    'an abort that the model server sees': async (url, model) => {
      const controller = new AbortController();
      const failed = await failure((async () => {
        for await (const _ of await chat(url, { model: 'hangs' }).stream(question, { signal: controller.signal })) controller.abort();
      })());
      await eventually(() => model.closed === 1, 'the close');
      return failed;
    },
    'an error': async url => failure(chat(url, { model: 'refuses' }).invoke(question), 'status', 'message'),
    'retries': async (url, model) => [gist(await chat(url, { model: 'busy' }).invoke(question)), model.requests.length],
    'embeddings': async url => new OpenAIEmbeddings({ model: 'm', apiKey: 'sk-test', configuration: { baseURL: url } }).embedQuery('a text'),
  };
}

const clients = {
  'openai 6': openai6 && openaiScenarios(openai6),
  'openai 7': openai7 && openaiScenarios(openai7),
  'AI SDK, openai': ai && aiOpenAI && aiScenarios(url => name => aiOpenAI.createOpenAI({ baseURL: url, apiKey: 'sk-test' }).chat(name)),
  'AI SDK, openai-compatible': ai && aiCompatible &&
    aiScenarios(url => name => aiCompatible.createOpenAICompatible({ name: 'candor', baseURL: url, apiKey: 'sk-test' })(name)),
  'LangChain': langchain && langchainScenarios(langchain),
};

/** What can differ between two runs of the same: when it came, and nothing else. */
const untimed = requests => requests.map(({ came, ...rest }) => rest);
const plain = value => JSON.parse(JSON.stringify(value ?? null));

for (const [name, scenarios] of Object.entries(clients)) {
  if (!scenarios) {
    test(`${name} through the proxy`, { skip: `its packages cannot be loaded by node ${process.version}` }, () => {});
    continue;
  }
  for (const [what, run] of Object.entries(scenarios))
    test(`${name}, ${what}: the same through the proxy as without it`, { timeout: 120_000 }, async t => {
      const [straight, behind, original] = [await serve(t), await serve(t), await serve(t)];
      const candor = await startCandor(t, { warm: behind.url, original: original.url, judge: original.url });
      const [without, through] = await Promise.all([run(straight.url, straight), run(candor.baseURL, behind)]);
      assert.deepEqual(plain(through), plain(without));
      assert.deepEqual(untimed(behind.requests), untimed(straight.requests));
    });
}
