package io.millrace.broker.transaction;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * The records of {@code __transaction_state} in Kafka's layout: transactions with key version 0 and value version 1; version 0, which a Kafka broker
 * writes whose transaction.version is 0, is read, too. Producer ids, which in
 * Kafka the controller hands out, are beside them under a key version of our own, which tools pass over.
 */
final class TransactionRecords {

    private static final short TRANSACTION_KEY = 0;
    private static final short PRODUCER_IDS_KEY = 1_000;
    private static final short VALUE_VERSION = 1;
    private static final int PREVIOUS_PRODUCER_ID = 0;
    private static final int NEXT_PRODUCER_ID = 1;
    private static final int CLIENT_VERSION = 2;
    private static final int MAX_PARTITIONS_PER_TOPIC = 1_000_000;

    private TransactionRecords() {
    }

    sealed interface Key {
    }

    record TransactionKey(String id) implements Key {
    }

    record ProducerIdsKey() implements Key {
    }

    record UnknownKey(short version) implements Key {
    }

    static byte[] key(String transactionalId) {
        byte[] id = transactionalId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + id.length).putShort(TRANSACTION_KEY).putShort((short) id.length).put(id).array();
    }

    static byte[] producerIdsKey() {
        return ByteBuffer.allocate(2).putShort(PRODUCER_IDS_KEY).array();
    }

    static Key key(ByteBuffer key) {
        short version = key.getShort();
        return switch (version) {
            case TRANSACTION_KEY -> {
                byte[] id = new byte[key.getShort()];
                key.get(id);
                yield new TransactionKey(new String(id, StandardCharsets.UTF_8));
            }
            case PRODUCER_IDS_KEY -> new ProducerIdsKey();
            default -> new UnknownKey(version);
        };
    }

    static byte[] producerIds(long firstFree) {
        return ByteBuffer.allocate(10).putShort((short) 0).putLong(firstFree).array();
    }

    static long producerIds(ByteBuffer value) {
        return value.getLong(2);
    }

    static byte[] value(Transaction transaction) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        transaction.partitions().forEach(partition -> topics.computeIfAbsent(partition.topic(), _ -> new ArrayList<>()).add(partition.partition()));
        int size = 80;
        for (Map.Entry<String, List<Integer>> topic : topics.entrySet()) {
            size += topic.getKey().length() * 3 + 16 + topic.getValue().size() * 4;
        }
        ByteBuffer buffer = ByteBuffer.allocate(size);
        ByteBufferAccessor out = new ByteBufferAccessor(buffer);
        out.writeShort(VALUE_VERSION);
        out.writeLong(transaction.producerId());
        out.writeShort(transaction.epoch());
        out.writeInt(transaction.timeoutMs());
        out.writeByte(transaction.state().code());
        out.writeUnsignedVarint(topics.size() + 1);
        topics.forEach((topic, indexes) -> {
            byte[] name = topic.getBytes(StandardCharsets.UTF_8);
            out.writeUnsignedVarint(name.length + 1);
            out.writeByteArray(name);
            out.writeUnsignedVarint(indexes.size() + 1);
            indexes.forEach(out::writeInt);
            out.writeUnsignedVarint(0);
        });
        out.writeLong(transaction.updatedAt());
        out.writeLong(transaction.startedAt());
        int tags = 1 + (transaction.previousProducerId() == Transaction.NONE ? 0 : 1) + (transaction.nextProducerId() == Transaction.NONE ? 0 : 1);
        out.writeUnsignedVarint(tags);
        if (transaction.previousProducerId() != Transaction.NONE) {
            out.writeUnsignedVarint(PREVIOUS_PRODUCER_ID);
            out.writeUnsignedVarint(8);
            out.writeLong(transaction.previousProducerId());
        }
        if (transaction.nextProducerId() != Transaction.NONE) {
            out.writeUnsignedVarint(NEXT_PRODUCER_ID);
            out.writeUnsignedVarint(8);
            out.writeLong(transaction.nextProducerId());
        }
        out.writeUnsignedVarint(CLIENT_VERSION);
        out.writeUnsignedVarint(2);
        out.writeShort((short) transaction.clientVersion());
        byte[] value = new byte[buffer.position()];
        buffer.flip().get(value);
        return value;
    }

    static Transaction value(String id, ByteBuffer value) {
        ByteBufferAccessor in = new ByteBufferAccessor(value);
        short version = in.readShort();
        if (version < 0 || version > VALUE_VERSION) {
            throw new IllegalStateException("transaction " + id + " is in the log in version " + version + "; this release reads 0 to " + VALUE_VERSION);
        }
        long producerId = in.readLong();
        short epoch = in.readShort();
        int timeout = in.readInt();
        Transaction.State state = Transaction.State.of(in.readByte());
        Set<TopicPartition> partitions = partitions(in, version);
        long updated = in.readLong();
        long started = in.readLong();
        Map<Integer, ByteBuffer> tags = version == 0 ? Map.of() : tags(in);
        long previous = tags.containsKey(PREVIOUS_PRODUCER_ID) ? tags.get(PREVIOUS_PRODUCER_ID).getLong() : Transaction.NONE;
        // Kafka repeats the id there if it did not change.
        return new Transaction(id, producerId, epoch, previous == producerId ? Transaction.NONE : previous,
                tags.containsKey(NEXT_PRODUCER_ID) ? tags.get(NEXT_PRODUCER_ID).getLong() : Transaction.NONE, Transaction.NO_EPOCH, timeout, state,
                partitions, updated, started, tags.containsKey(CLIENT_VERSION) ? tags.get(CLIENT_VERSION).getShort() : 0);
    }

    private static Set<TopicPartition> partitions(ByteBufferAccessor in, short version) {
        boolean compact = version > 0;
        Set<TopicPartition> partitions = new HashSet<>();
        for (int topics = compact ? in.readUnsignedVarint() - 1 : in.readInt(); topics > 0; topics--) {
            String topic = in.readString(compact ? in.readUnsignedVarint() - 1 : in.readShort());
            int indexes = Math.min(compact ? in.readUnsignedVarint() - 1 : in.readInt(), MAX_PARTITIONS_PER_TOPIC);
            for (int i = 0; i < indexes; i++) {
                partitions.add(new TopicPartition(topic, in.readInt()));
            }
            if (compact) {
                skipTags(in);
            }
        }
        return partitions;
    }

    private static Map<Integer, ByteBuffer> tags(ByteBufferAccessor in) {
        Map<Integer, ByteBuffer> tags = new HashMap<>();
        for (int count = in.readUnsignedVarint(); count > 0; count--) {
            int tag = in.readUnsignedVarint();
            tags.put(tag, ByteBuffer.wrap(in.readArray(in.readUnsignedVarint())));
        }
        return tags;
    }

    private static void skipTags(ByteBufferAccessor in) {
        for (int count = in.readUnsignedVarint(); count > 0; count--) {
            in.readUnsignedVarint();
            in.readArray(in.readUnsignedVarint());
        }
    }
}
