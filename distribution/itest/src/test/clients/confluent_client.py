"""confluent_client.py BOOTSTRAP COUNT: librdkafka through confluent-kafka, every codec, groups and transactions."""
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from roundtrip import Check, key, value

bootstrap, count = sys.argv[1], int(sys.argv[2])


def produce(topic, settings, begin=None, end=None):
    producer = Producer({"bootstrap.servers": bootstrap, **settings})
    if begin:
        begin(producer)
    for i in range(count):
        while True:
            try:
                producer.produce(topic, key=key(i), value=value(i), headers=[("n", value(i))])
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if end:
        end(producer)
    assert producer.flush(60) == 0, "records were not acknowledged"


def consume(topic, group, isolation="read_uncommitted"):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                         "enable.auto.commit": False, "isolation.level": isolation})
    consumer.subscribe([topic])
    check, deadline = Check(count), time.time() + 60
    while not check.complete() and time.time() < deadline:
        for message in consumer.consume(1000, 0.2):
            assert not message.error(), message.error()
            check.add(message.key(), message.value(), message.headers())
    assert check.complete(), "%s: %d of %d records" % (topic, len(check.seen), count)
    consumer.commit(asynchronous=False)
    consumer.close()


def begin(producer):
    producer.init_transactions(30)
    producer.begin_transaction()


admin = AdminClient({"bootstrap.servers": bootstrap})
cases = [(codec, {"compression.type": codec, "acks": "all"}) for codec in ("none", "gzip", "snappy", "lz4", "zstd")]
cases += [("idempotent", {"enable.idempotence": True}), ("transactional", {"transactional.id": "confluent"})]
for future in admin.create_topics([NewTopic("confluent-" + name, 6, 1) for name, _ in cases]).values():
    future.result(30)
for name, settings in cases:
    transactional = name == "transactional"
    produce("confluent-" + name, settings, begin if transactional else None,
            (lambda p: p.commit_transaction(30)) if transactional else None)
    consume("confluent-" + name, "confluent-" + name, "read_committed" if transactional else "read_uncommitted")
    print("ok confluent-kafka", name, flush=True)
