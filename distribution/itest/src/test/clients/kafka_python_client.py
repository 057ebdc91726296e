"""kafka_python_client.py BOOTSTRAP COUNT: kafka-python, every codec it has, in a group."""
import sys
import time

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from roundtrip import Check, key, value

bootstrap, count = sys.argv[1], int(sys.argv[2])
codecs = [None, "gzip", "snappy", "lz4", "zstd"]
admin = KafkaAdminClient(bootstrap_servers=bootstrap)
admin.create_topics([NewTopic("kafka-python-%s" % codec, 6, 1) for codec in codecs])
for codec in codecs:
    topic = "kafka-python-%s" % codec
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, acks="all")
    for i in range(count):
        producer.send(topic, key=key(i), value=value(i), headers=[("n", value(i))])
    producer.flush(60)
    producer.close()
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=topic, auto_offset_reset="earliest", enable_auto_commit=False)
    check, deadline = Check(count), time.time() + 60
    while not check.complete() and time.time() < deadline:
        for records in consumer.poll(timeout_ms=200, max_records=1000).values():
            for record in records:
                check.add(record.key, record.value, record.headers)
    assert check.complete(), "%s: %d of %d records" % (topic, len(check.seen), count)
    consumer.commit()
    consumer.close()
    print("ok kafka-python", codec, flush=True)
