// The real binary and fake models for the tests in JavaScript. Ports come from the kernel; everything is stopped at
// the end of a test, and candor must end cleanly.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const top = process.env.CANDOR_TOP ?? path.resolve(import.meta.dirname ?? '.', '../..');
export const binary = process.env.CANDOR ?? path.join(top, 'build/candor');
process.env.CANDOR_RULES_DIR ??= path.join(top, 'rules');
const patience = 60_000;

export async function eventually(probe, what) {
  const until = Date.now() + patience;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > until) throw new Error(`${what} did not come`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export function readLines(file) {
  return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
}

/** Serves respond(parsed body, response) on loopback; its url ends in /v1. */
export async function serveModel(t, respond) {
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    await respond(JSON.parse(Buffer.concat(parts)), response);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}/v1`;
}

/** The body of a whole chat completion. */
export function completion(text, model = 'replay') {
  return JSON.stringify({
    id: 'chatcmpl-1', object: 'chat.completion', created: 1, model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
}

/** The events of a streamed one, a word a piece. */
export function events(text, model = 'replay') {
  const event = (delta, finish_reason = null) => `data: ${JSON.stringify({
    id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model,
    choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const pieces = text.match(/\S+\s*|\s+/g) ?? [];
  return [event({ role: 'assistant', content: '' }), ...pieces.map(content => event({ content })), event({}, 'stop'),
    'data: [DONE]\n\n'];
}

/** A judge: decide(prompt) gives its fields, {} for "they say the same". */
export function serveJudge(t, decide) {
  return serveModel(t, (body, response) => {
    const prompt = body.messages.map(turn => turn.content).join('\n');
    const judgement = { claim_a: '', answers_a: 'direct', stance_a: 'none', claim_b: '', answers_b: 'direct',
      stance_b: 'none', relation: 'same', supported: 'both', sure: 'high', ...decide(prompt) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion(JSON.stringify(judgement), 'judge'));
  });
}

/** The two answers as the judge is shown them, A and B, between fences that carry a nonce. */
export function answersIn(prompt) {
  return ['A', 'B'].map(letter => {
    const match = prompt.match(new RegExp(`^<answer-${letter}-([0-9a-f]{8})>\n([^]*?)\n</answer-${letter}-\\1>$`, 'm'));
    assert.ok(match, `no answer ${letter} between fences in: ${prompt}`);
    return match[2];
  });
}

/** Starts `candor serve`; the configuration measures every exchange and is in no hurry to save money. */
export async function startCandor(t, { warm, original, judge }, { token } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candor-'));
  const file = path.join(folder, 'candor.yaml');
  fs.writeFileSync(file, JSON.stringify({
    listen: [{ address: '127.0.0.1:0' }], workers: 1,
    admin: { address: '127.0.0.1:0', ...(token && { token_file: `${folder}/token` }) },
    models: { warm: { url: warm }, original: { url: original, model: 'original' }, judge: { url: judge, model: 'judge' } },
    shadow: { sample: { default: 1 }, budget: { concurrency: 16, requests_per_minute: 60000 } },
    store: { url: `sqlite:${folder}/candor.db`, content: 'full' }, labels: { share: 1 }, log: { level: 'info', format: 'json' },
  }));
  if (token) fs.writeFileSync(`${folder}/token`, token, { mode: 0o600 });
  const child = spawn(binary, ['serve', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', text => { log += text; });
  t.after(async () => {
    child.kill('SIGTERM');
    assert.equal(await exited, 0, log);
    assert.doesNotMatch(log, /Sanitizer:|runtime error:/);
    fs.rmSync(folder, { recursive: true });
  });
  const address = plane => eventually(() => {
    assert.equal(child.exitCode, null, log);
    for (const line of log.split('\n').slice(0, -1)) {
      if (!line.startsWith('{')) continue;
      const entry = JSON.parse(line);
      if (entry.event === 'listening' && entry.plane === plane) return entry.address;
    }
  }, `the ${plane} plane`);
  const admin = await address('admin'), data = await address('data');
  await eventually(async () => (await fetch(`http://${admin}/readyz`)).ok, '/readyz');
  return {
    baseURL: `http://${data}/v1`,
    admin: `http://${admin}`,
    log: () => log,
    async trials(count) {
      let records = [];
      await eventually(async () => {
        const { stdout } = await promisify(execFile)(binary, ['trials', 'export', '-c', file], { maxBuffer: 1 << 28 });
        records = stdout.split('\n').filter(Boolean).map(line => JSON.parse(line));
        return records.length >= count;
      }, `${count} trials`);
      assert.equal(records.length, count);
      return records;
    },
  };
}

/** Runs work(item) over all items, a few at a time. */
export async function forAll(items, atOnce, work) {
  const queue = [...items.entries()];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let next; (next = queue.shift());) await work(next[1], next[0]);
  }));
}
