// What a user of OpenAI's Node SDK does, from the upload to the deletion.
import assert from "node:assert/strict";
import fs from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const [base, examples] = process.argv.slice(2);
const messages = [{ role: "user", content: "What time do you open?" }];

let file = await client.files.create({ file: fs.createReadStream(examples), purpose: "fine-tune" });
file = await client.files.waitForProcessing(file.id, { maxWait: 30_000 });
let job = await client.fineTuning.jobs.create({
  model: base,
  training_file: file.id,
  suffix: "node",
  metadata: { from: "node" },
  hyperparameters: { n_epochs: 2, batch_size: 4 },
});
assert.equal(job.error.code, null);
while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
  await new Promise((go) => setTimeout(go, 300));
  job = await client.fineTuning.jobs.retrieve(job.id);
}
assert.equal(job.status, "succeeded", job.error.message);
const events = [];
for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 3 })) events.push(event);
assert.equal(events[0].message, "The job has successfully completed");
assert.match(events.at(-1).message, /^Created fine-tuning job/);
const checkpoints = [];
for await (const one of client.fineTuning.jobs.checkpoints.list(job.id, { limit: 1 })) checkpoints.push(one);
assert.equal(checkpoints.length, 2);
const jobs = [];
for await (const one of client.fineTuning.jobs.list({ metadata: { from: "node" } })) jobs.push(one.id);
assert.ok(jobs.includes(job.id));

const model = job.fine_tuned_model;
const { data: answer, request_id: id } = await client.chat.completions
  .create({ model, messages, max_tokens: 12, logprobs: true, top_logprobs: 1 })
  .withResponse();
assert.ok(answer.choices[0].message.content && answer.choices[0].logprobs.content.length);
assert.match(id, /^req_/);
const stream = client.chat.completions.stream({ model, messages, max_tokens: 12 });
let pieces = 0;
for await (const _ of stream) pieces++;
assert.ok(pieces > 2 && (await stream.finalContent()));
const tool = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { enum: ["Paris", "Rome"] } }, required: ["city"] } },
};
const called = await client.chat.completions.create({ model: base, messages, tools: [tool], tool_choice: "required", max_tokens: 60 });
assert.equal(called.choices[0].message.tool_calls[0].function.name, "weather");
const schema = { type: "object", properties: { open: { type: "boolean" } }, required: ["open"], additionalProperties: false };
const format = { type: "json_schema", json_schema: { name: "door", strict: true, schema } };
const shaped = await client.chat.completions.parse({ model, messages, response_format: format, max_tokens: 60 });
assert.equal(typeof shaped.choices[0].message.parsed.open, "boolean");
await assert.rejects(client.fineTuning.jobs.retrieve("ftjob-none"), (error) => error.status === 404 && /^req_/.test(error.requestID));
assert.ok((await client.models.delete(model)).deleted);
assert.ok((await client.files.delete(file.id)).deleted);
console.log(events.length, "events", JSON.stringify(shaped.choices[0].message.parsed));
