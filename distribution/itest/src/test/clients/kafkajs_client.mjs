// kafkajs_client.mjs BOOTSTRAP COUNT: kafkajs, plain, gzip, idempotent and transactional, in a group.
import kafkajs from 'kafkajs';

const { Kafka, CompressionTypes, logLevel } = kafkajs;
const [bootstrap, countText] = process.argv.slice(2);
const count = Number(countText);
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
const cases = [
  ['none', {}, CompressionTypes.None],
  ['gzip', {}, CompressionTypes.GZIP],
  ['idempotent', { idempotent: true, maxInFlightRequests: 1 }, CompressionTypes.None],
  ['transactional', { idempotent: true, maxInFlightRequests: 1, transactionalId: 'kafkajs' }, CompressionTypes.None],
];
const messages = Array.from({ length: count }, (_, i) => ({ key: `k${i % 97}`, value: String(i), headers: { n: String(i) } }));

const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: cases.map(([name]) => ({ topic: `kafkajs-${name}`, numPartitions: 6 })) });
await admin.disconnect();

for (const [name, options, compression] of cases) {
  const topic = `kafkajs-${name}`;
  const producer = kafka.producer(options);
  await producer.connect();
  const sink = name === 'transactional' ? await producer.transaction() : producer;
  for (let from = 0; from < count; from += 1000) {
    await sink.send({ topic, compression, acks: -1, messages: messages.slice(from, from + 1000) });
  }
  if (sink !== producer) await sink.commit();
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const last = new Map();
  let seen = 0;
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${topic}: ${seen} of ${count} records`)), 60_000);
    consumer.run({
      eachMessage: async ({ message }) => {
        const key = message.key.toString();
        const value = Number(message.value.toString());
        if (key !== `k${value % 97}` || message.headers.n.toString() !== String(value)) reject(new Error(`record ${value} is not whole`));
        if ((last.get(key) ?? -1) >= value) reject(new Error(`key ${key}: ${value} after ${last.get(key)}`));
        last.set(key, value);
        if (++seen === count) { clearTimeout(timer); resolve(); }
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  console.log('ok kafkajs', name);
}
