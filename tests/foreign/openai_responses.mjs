// What a user of OpenAI's Node SDK does with responses and embeddings.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const [model] = process.argv.slice(2);

const first = await client.responses.create({ model, input: "What time do you open?", max_output_tokens: 32 });
assert.ok(first.output_text);
const second = await client.responses.create({
  model,
  input: "And on Sundays?",
  previous_response_id: first.id,
  max_output_tokens: 32,
});
assert.ok(second.usage.input_tokens > first.usage.total_tokens);
assert.equal((await client.responses.retrieve(second.id)).output_text, second.output_text);
const roles = [];
for await (const item of client.responses.inputItems.list(second.id, { order: "asc", limit: 1 })) roles.push(item.role);
assert.deepEqual(roles, ["user", "assistant", "user"]);

const events = await client.responses.create({ model, input: "Say yes.", max_output_tokens: 16, stream: true });
const kinds = [];
for await (const event of events) {
  assert.equal(event.sequence_number, kinds.length);
  kinds.push(event.type);
}
assert.equal(kinds[0], "response.created");
assert.match(kinds.at(-1), /^response\.(completed|incomplete)$/);
const stream = client.responses.stream({ model, input: "Say yes.", temperature: 0, max_output_tokens: 200 });
let text = "";
stream.on("response.output_text.delta", (event) => (text += event.delta));
assert.equal((await stream.finalResponse()).output_text, text);

const tool = {
  type: "function",
  name: "weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string", enum: ["Paris", "Rome"] } },
    required: ["city"],
    additionalProperties: false,
  },
};
const said = [{ role: "user", content: "What is the weather in Paris?" }];
const called = await client.responses.create({ model, input: said, tools: [tool], tool_choice: "required", max_output_tokens: 60 });
said.push(...called.output);
for (const item of called.output) {
  assert.equal(item.name, "weather");
  assert.ok(["Paris", "Rome"].includes(JSON.parse(item.arguments).city));
  said.push({ type: "function_call_output", call_id: item.call_id, output: "sunny" });
}
const told = await client.responses.create({ model, input: said, max_output_tokens: 32 });
assert.ok(told.output_text);

const schema = { type: "object", properties: { open: { type: "boolean" } }, required: ["open"], additionalProperties: false };
const shaped = await client.responses.parse({
  model,
  input: "Is the door open?",
  text: { format: { type: "json_schema", name: "door", strict: true, schema } },
  max_output_tokens: 60,
});
assert.equal(typeof JSON.parse(shaped.output_text).open, "boolean");
await client.responses.delete(first.id);
await assert.rejects(client.responses.retrieve(first.id), (error) => error.status === 404);
await assert.rejects(client.responses.cancel(second.id), (error) => error.status === 400);

const texts = ["How do I get my money back?", "Please refund my purchase.", "The weather in Oslo is cold and wet."];
const { data } = await client.embeddings.create({ model: "wordllama-256", input: texts });
const [question, near, far] = data.map((one) => one.embedding);
assert.equal(question.length, 256);
const alike = (other) => question.reduce((sum, number, at) => sum + number * other[at], 0);
assert.ok(alike(near) > 2 * Math.abs(alike(far)));
console.log(kinds.length, "events", shaped.output_text, alike(near).toFixed(2), alike(far).toFixed(2));
