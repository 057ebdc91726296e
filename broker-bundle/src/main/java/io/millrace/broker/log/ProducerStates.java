package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * All producers of one partition and its open transactions. Deterministic: the same batches make the same state, which is how it is rebuilt
 * from the log. Not thread-safe.
 */
final class ProducerStates {

    private static final short SNAPSHOT_VERSION = 1;
    private static final int HEADER_BYTES = 2 + 4 + 4;
    private static final int EARLIER_BYTES = 8 + 4 + 4 + 8 + 8 + 8;
    private static final int ENTRY_BYTES = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;

    private final TopicPartition partition;
    private final Map<Long, ProducerState> producers = new HashMap<>();
    private final TreeMap<Long, Long> openTransactions = new TreeMap<>();

    ProducerStates(TopicPartition partition) {
        this.partition = partition;
    }

    int count() {
        return producers.size();
    }

    /** @return the earlier batch that this one repeats, or null if it is to be appended; throws if it may not be */
    ProducerState.Batch admit(RecordBatch batch, Origin origin) {
        if (!batch.hasProducerId()) {
            return null;
        }
        ProducerState producer = producers.get(batch.producerId());
        if (batch.isControlBatch()) {
            admitMarker(batch, producer);
            return null;
        }
        if (producer == null) {
            // Its state may have expired or been deleted with the log: a sequence other than 0 is believed (KIP-360).
            return null;
        }
        ProducerState.Batch duplicate = producer.duplicateOf(batch.producerEpoch(), batch.baseSequence(), batch.lastSequence());
        if (duplicate != null) {
            return duplicate;
        }
        if (origin == Origin.CLIENT || batch.baseSequence() != RecordBatch.NO_SEQUENCE) {
            producer.check(partition, batch.producerEpoch(), batch.baseSequence());
        } else if (batch.producerEpoch() < producer.epoch()) {
            throw new InvalidProducerEpochException("producer " + batch.producerId() + " of epoch " + batch.producerEpoch()
                    + " was fenced on " + partition + " by epoch " + producer.epoch());
        }
        if (!batch.isTransactional() && producer.transactionStart() != ProducerState.NO_TRANSACTION) {
            throw new InvalidTxnStateException("producer " + batch.producerId() + " sent a batch outside of its open transaction to " + partition);
        }
        return null;
    }

    private void admitMarker(RecordBatch batch, ProducerState producer) {
        if (producer == null) {
            return;
        }
        if (batch.producerEpoch() < producer.epoch()) {
            throw new InvalidProducerEpochException("marker of producer " + batch.producerId() + " on " + partition + " has epoch "
                    + batch.producerEpoch() + ", fenced by " + producer.epoch());
        }
        int coordinatorEpoch = markerOf(batch).coordinatorEpoch();
        if (coordinatorEpoch < producer.coordinatorEpoch()) {
            throw new TransactionCoordinatorFencedException("marker of producer " + batch.producerId() + " on " + partition
                    + " is of coordinator epoch " + coordinatorEpoch + ", which was fenced by " + producer.coordinatorEpoch());
        }
    }

    /**
     * Takes note of an appended batch, whose offsets are final.
     *
     * @return the aborted transaction that an abort marker ended, or null
     */
    AbortedTransaction appended(RecordBatch batch) {
        if (!batch.hasProducerId()) {
            return null;
        }
        long id = batch.producerId();
        ProducerState producer = producers.computeIfAbsent(id, _ -> new ProducerState(id, batch.producerEpoch()));
        if (batch.isControlBatch()) {
            EndTransactionMarker marker = markerOf(batch);
            long start = producer.transactionStart();
            producer.ended(batch.producerEpoch(), marker.coordinatorEpoch(), batch.maxTimestamp());
            if (start == ProducerState.NO_TRANSACTION) {
                return null;
            }
            openTransactions.remove(start);
            return marker.controlType() == ControlRecordType.ABORT ? new AbortedTransaction().setProducerId(id).setFirstOffset(start) : null;
        }
        producer.appended(batch.producerEpoch(), new ProducerState.Batch(batch.baseSequence(), batch.lastSequence(), batch.baseOffset(),
                batch.lastOffset(), batch.maxTimestamp()), batch.isTransactional());
        if (batch.isTransactional()) {
            openTransactions.putIfAbsent(producer.transactionStart(), id);
        }
        return null;
    }

    private static EndTransactionMarker markerOf(RecordBatch batch) {
        Record record = batch.iterator().next();
        return EndTransactionMarker.deserialize(record);
    }

    /** Offset of the first record of the oldest open transaction, or {@code otherwise}. */
    long firstUnstableOffset(long otherwise) {
        return openTransactions.isEmpty() ? otherwise : openTransactions.firstKey();
    }

    /** Forgets producers that wrote nothing since {@code before}, unless their transaction is open. */
    void expire(long before) {
        producers.values().removeIf(producer -> producer.lastTimestamp() < before && producer.transactionStart() == ProducerState.NO_TRANSACTION);
    }

    void clear() {
        producers.clear();
        openTransactions.clear();
    }

    Collection<ProducerState> producers() {
        return producers.values();
    }

    /**
     * Kafka's producer snapshot: version, CRC-32C of what follows, entries with the last batch of each producer. The batches before it follow as
     * our own: a client may repeat any of its last five after a restart. Kafka's readers pass over what stands behind the entries.
     */
    ByteBuffer snapshot() {
        List<ProducerState> all = new ArrayList<>(producers.values());
        int earlier = 0;
        for (ProducerState producer : all) {
            earlier += producer.earlier().size();
        }
        ByteBuffer snapshot = ByteBuffer.allocate(HEADER_BYTES + all.size() * ENTRY_BYTES + Integer.BYTES + earlier * EARLIER_BYTES);
        snapshot.putShort(SNAPSHOT_VERSION).putInt(0).putInt(all.size());
        for (ProducerState producer : all) {
            ProducerState.Batch last = producer.last();
            snapshot.putLong(producer.producerId()).putShort(producer.epoch())
                    .putInt(last == null ? -1 : last.lastSequence()).putLong(last == null ? -1 : last.lastOffset())
                    .putInt(last == null ? 0 : (int) (last.lastOffset() - last.firstOffset()))
                    .putLong(producer.lastTimestamp()).putInt(producer.coordinatorEpoch()).putLong(producer.transactionStart());
        }
        snapshot.putInt(earlier);
        for (ProducerState producer : all) {
            for (ProducerState.Batch batch : producer.earlier()) {
                snapshot.putLong(producer.producerId()).putInt(batch.firstSequence()).putInt(batch.lastSequence()).putLong(batch.firstOffset())
                        .putLong(batch.lastOffset()).putLong(batch.timestamp());
            }
        }
        snapshot.putInt(2, crc(snapshot.array(), 6, snapshot.capacity()));
        return snapshot.flip();
    }

    /** @return whether the snapshot was whole; if not, the state is empty and must be rebuilt from the log */
    boolean restore(ByteBuffer snapshot) {
        clear();
        int size = snapshot.remaining();
        if (size < HEADER_BYTES || snapshot.getShort(0) != SNAPSHOT_VERSION || snapshot.getInt(2) != crc(snapshot.array(), 6, size)) {
            return false;
        }
        int count = snapshot.getInt(6);
        int own = size - HEADER_BYTES - (int) Math.min(size, (long) count * ENTRY_BYTES);
        if (count < 0 || own < 0 || own > 0 && own < Integer.BYTES) {
            return false;
        }
        if (own > 0 && (long) snapshot.getInt(size - own) * EARLIER_BYTES != own - Integer.BYTES) {
            return false;
        }
        Map<Long, List<ProducerState.Batch>> earlier = earlier(snapshot, size - own);
        snapshot.position(HEADER_BYTES);
        for (int i = 0; i < count; i++) {
            long id = snapshot.getLong();
            short epoch = snapshot.getShort();
            int lastSequence = snapshot.getInt();
            long lastOffset = snapshot.getLong();
            int delta = snapshot.getInt();
            long timestamp = snapshot.getLong();
            int coordinatorEpoch = snapshot.getInt();
            long start = snapshot.getLong();
            List<ProducerState.Batch> batches = new ArrayList<>(earlier.getOrDefault(id, List.of()));
            if (lastOffset >= 0) {
                batches.add(new ProducerState.Batch(lastSequence < delta && lastSequence >= 0 ? Integer.MAX_VALUE - (delta - lastSequence) + 1
                        : lastSequence - delta, lastSequence, lastOffset - delta, lastOffset, timestamp));
            }
            producers.put(id, new ProducerState(id, epoch, coordinatorEpoch, timestamp, start, batches));
            if (start != ProducerState.NO_TRANSACTION) {
                openTransactions.put(start, id);
            }
        }
        return true;
    }

    private static Map<Long, List<ProducerState.Batch>> earlier(ByteBuffer snapshot, int at) {
        Map<Long, List<ProducerState.Batch>> earlier = new HashMap<>();
        if (at < snapshot.limit()) {
            ByteBuffer own = snapshot.slice(at, snapshot.limit() - at);
            for (int left = own.getInt(); left > 0; left--) {
                earlier.computeIfAbsent(own.getLong(), _ -> new ArrayList<>())
                        .add(new ProducerState.Batch(own.getInt(), own.getInt(), own.getLong(), own.getLong(), own.getLong()));
            }
        }
        return earlier;
    }

    private static int crc(byte[] bytes, int from, int to) {
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }
}
