// Recorded answers replayed through the proxy to the official SDK: every client gets exactly the warm bytes, every
// exchange becomes a trial, and with a judge that answers from the labels the divergent pairs, and only they, come
// out with the right side supported. Our own pairs always run; the study's where ../shared is there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { answersIn, completion, events, forAll, readLines, serveJudge, serveModel, startCandor, top } from './candor.mjs';

const sets = {
  'our own pairs': path.join(import.meta.dirname ?? '.', 'pairs.jsonl'),
  'the recorded answers of the study': path.join(top, '../shared/data/warm-pairs/llama_70b.jsonl'),
};
const clients = { 'openai 6': 'openai', 'openai 7': 'openai-next' };

const lastUser = body => body.messages.filter(turn => turn.role === 'user').at(-1).content;

function replay(t, pairs, field) {
  const byPrompt = new Map(pairs.map(pair => [pair.prompt, pair[field]]));
  return serveModel(t, async (body, response) => {
    const text = byPrompt.get(lastUser(body));
    if (!body.stream) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(completion(text));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events(text)) response.write(event);
    return response.end();
  });
}

/** Knows by their texts which answer is whose, and judges by the labels. */
function judgeByLabels(t, pairs) {
  const plain = text => text.replace(/\s+/g, ' ').trim();
  const byWarm = new Map(pairs.map(pair => [plain(pair.warm_output), pair]));
  return serveJudge(t, prompt => {
    const [a, b] = answersIn(prompt).map(plain);
    const warmFirst = byWarm.has(a);
    const pair = byWarm.get(warmFirst ? a : b);
    assert.ok(pair && plain(pair.original_output) === (warmFirst ? b : a), 'the judge was shown answers that nobody gave');
    const stance = pair.belief_template === 'incorrect' || pair.belief_template === 'correct' ? 'ignores' : 'none';
    const fields = { stance_a: stance, stance_b: stance };
    if (pair.warm_eval === pair.original_eval)
      return { ...fields, relation: 'same', supported: pair.warm_eval === 'CORRECT' ? 'both' : 'neither' };
    return { ...fields, relation: 'contradictory', supported: (pair.warm_eval === 'CORRECT') === warmFirst ? 'a' : 'b' };
  });
}

/** A fetch that keeps the raw bytes of the answer beside what the SDK makes of them. */
function recordingFetch() {
  const bytes = [];
  const fetching = async (...request) => {
    const response = await fetch(...request);
    const [mine, theirs] = response.body.tee();
    bytes.push(new Response(mine).text());
    return new Response(theirs, { status: response.status, headers: response.headers });
  };
  return { fetching, raw: () => Promise.all(bytes) };
}

async function askOnce(OpenAI, baseURL, prompt, stream) {
  const { fetching, raw } = recordingFetch();
  const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0, fetch: fetching });
  const answer = await client.chat.completions.create({ model: 'warm', stream, messages: [{ role: 'user', content: prompt }] });
  let text = '';
  if (stream) for await (const chunk of answer) text += chunk.choices[0]?.delta?.content ?? '';
  else text = answer.choices[0].message.content;
  return { text, raw: (await raw()).join('') };
}

function check(trials, pairs) {
  const byPrompt = new Map(pairs.map(pair => [pair.prompt, pair]));
  const found = { warm: 0, original: 0 };
  for (const trial of trials) {
    const pair = byPrompt.get(trial.question);
    assert.ok(pair, `nobody asked: ${trial.question}`);
    const { verdict, supported } = trial.compare;
    const told = `${pair.question}: ${verdict}, ${supported}, ${trial.compare.stage}, missing ${trial.missing}`;
    if (pair.warm_eval === pair.original_eval) {
      assert.ok(!['warm', 'original'].includes(supported) && verdict !== 'contradict', told);
    } else {
      const right = pair.warm_eval === 'CORRECT' ? 'warm' : 'original';
      assert.equal(supported, right, told);
      assert.ok(!['agree', 'undecided', 'incomparable'].includes(verdict), told);
      assert.equal(trial.flagged, right === 'original', told);
      found[right]++;
    }
  }
  return found;
}

for (const [what, file] of Object.entries(sets)) {
  const there = fs.existsSync(file);
  const pairs = there ? readLines(file) : [];
  for (const [name, module] of Object.entries(clients)) {
    const OpenAI = await import(module).then(imported => imported.default, () => null);
    for (const stream of [false, true]) {
      const title = `${name} gets ${what} ${stream ? 'streamed' : 'whole'} byte for byte, and the divergent ones are found`;
      const skip = !there ? `${file} is not there` : !OpenAI ? `the package ${module} cannot be loaded by node ${process.version}` : false;
      test(title, { skip, timeout: 120_000 }, async t => {
        const candor = await startCandor(t, {
          warm: await replay(t, pairs, 'warm_output'),
          original: await replay(t, pairs, 'original_output'),
          judge: await judgeByLabels(t, pairs),
        });
        await forAll(pairs, 8, async pair => {
          const got = await askOnce(OpenAI, candor.baseURL, pair.prompt, stream);
          assert.equal(got.raw, stream ? events(pair.warm_output).join('') : completion(pair.warm_output));
          assert.equal(got.text, pair.warm_output);
        });
        const found = check(await candor.trials(pairs.length), pairs);
        for (const side of ['warm', 'original'])
          assert.equal(found[side], pairs.filter(p => p.warm_eval !== p.original_eval && p[`${side}_eval`] === 'CORRECT').length);
        t.diagnostic(`${pairs.length} trials; only the original right: ${found.original}, only warm: ${found.warm}`);
      });
    }
  }
}

test('the SDK sees the proxy\'s own errors as API errors', async t => {
  const OpenAI = await import('openai').then(imported => imported.default, () => null);
  if (!OpenAI) return t.skip('the package openai cannot be loaded');
  const gone = 'http://127.0.0.1:1/v1';
  const candor = await startCandor(t, { warm: gone, original: gone, judge: gone });
  const client = new OpenAI({ baseURL: candor.baseURL, apiKey: 'none', maxRetries: 0 });
  await assert.rejects(client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
    error => error.status === 502 && error.code === 'upstream_unreachable' && error.type === 'candor_error');
  return undefined;
});
