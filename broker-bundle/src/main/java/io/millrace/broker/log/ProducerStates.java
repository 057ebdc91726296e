package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.clean.CleanableLog.LastRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
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
    /** Producers by their transaction's first offset. */
    private final TreeMap<Long, Long> openTransactions = new TreeMap<>();
    /** Markers by their transaction's first offset, of those that ended but not yet below the high watermark. */
    private final TreeMap<Long, Long> ended = new TreeMap<>();
    private final Map<Long, Verification> verifications = new HashMap<>();

    ProducerStates(TopicPartition partition) {
        this.partition = partition;
    }

    int count() {
        return producers.size();
    }

    /**
     * @param verification of a transactional batch of a client, or null
     * @return the earlier batch that this one repeats, or null if it is to be appended; throws if it may not be
     */
    ProducerState.Batch admit(RecordBatch batch, Origin origin, Verification verification) {
        if (!batch.hasProducerId() || origin == Origin.REPLICATION) {
            return null;
        }
        ProducerState producer = producers.get(batch.producerId());
        if (batch.isControlBatch()) {
            return producer == null ? null : admitMarker(batch, producer, origin);
        }
        if (origin == Origin.CLIENT) {
            ProducerState.Batch duplicate = producer == null ? null : producer.duplicateOf(batch.producerEpoch(), batch.baseSequence(), batch.lastSequence());
            if (duplicate != null) {
                return duplicate;
            }
            if (batch.isTransactional() && !isVerified(batch.producerId(), batch.producerEpoch(), verification)) {
                throw new InvalidTxnStateException("a batch of producer " + batch.producerId() + " epoch " + batch.producerEpoch() + " on " + partition
                        + " is not part of an open transaction");
            }
        }
        if (producer != null) {
            producer.checkEpoch(partition, batch.producerEpoch());
            if (origin == Origin.CLIENT) {
                producer.checkSequence(partition, batch.producerEpoch(), batch.baseSequence());
            }
            if (!batch.isTransactional() && producer.transactionStart() != ProducerState.NO_TRANSACTION) {
                throw new InvalidTxnStateException("producer " + batch.producerId() + " sent a batch outside of its open transaction to " + partition);
            }
        } else if (verification != null && !verification.allowsFirst(batch.baseSequence())) {
            // Without one its state may have expired or been deleted with the log: a sequence other than 0 is believed (KIP-360).
            throw new OutOfOrderSequenceException("producer " + batch.producerId() + " begins on " + partition + " with sequence " + batch.baseSequence()
                    + ", expected one before it");
        }
        return null;
    }

    private ProducerState.Batch admitMarker(RecordBatch batch, ProducerState producer, Origin origin) {
        int coordinatorEpoch = markerOf(batch).coordinatorEpoch();
        boolean open = producer.transactionStart() != ProducerState.NO_TRANSACTION;
        if (origin == Origin.COORDINATOR_OF_NEW_EPOCHS && batch.producerEpoch() == producer.epoch() && !open) {
            // Each transaction ends with an epoch of its own, so this one has ended already: nothing is written twice.
            return new ProducerState.Batch(RecordBatch.NO_SEQUENCE, RecordBatch.NO_SEQUENCE, producer.endedAt(), producer.endedAt(), producer.lastTimestamp());
        }
        if (batch.producerEpoch() < producer.epoch() || origin == Origin.COORDINATOR_OF_NEW_EPOCHS && batch.producerEpoch() == producer.epoch()) {
            throw new InvalidProducerEpochException("marker of producer " + batch.producerId() + " on " + partition + " has epoch "
                    + batch.producerEpoch() + ", fenced by " + producer.epoch());
        }
        if (coordinatorEpoch < producer.coordinatorEpoch()) {
            throw new TransactionCoordinatorFencedException("marker of producer " + batch.producerId() + " on " + partition
                    + " is of coordinator epoch " + coordinatorEpoch + ", which was fenced by " + producer.coordinatorEpoch());
        }
        return null;
    }

    /** Whether the producer's transaction is open here, in that epoch. */
    boolean isOpen(long producerId, short epoch) {
        ProducerState producer = producers.get(producerId);
        return producer != null && producer.transactionStart() != ProducerState.NO_TRANSACTION && producer.epoch() == epoch;
    }

    /** @return what to hand in with the batch once the coordinator agrees; null if the transaction is open here and nobody needs to be asked */
    Verification verify(long producerId, short epoch, int sequence, boolean fromZero, long now) {
        if (isOpen(producerId, epoch)) {
            return null;
        }
        Verification verification = verifications.computeIfAbsent(producerId, _ -> new Verification(epoch, sequence, fromZero, now));
        verification.expect(epoch, sequence);
        return verification;
    }

    boolean isVerified(long producerId, short epoch, Verification verification) {
        return isOpen(producerId, epoch) || verification != null
                && (verification == Verification.NOT_REQUIRED || verifications.get(producerId) == verification);
    }

    void refused(long producerId, Verification verification) {
        verifications.remove(producerId, verification);
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
            Iterator<Record> records = batch.iterator();
            // The cleaner leaves a marker's batch without the marker, for the producer's epoch.
            EndTransactionMarker marker = records.hasNext() ? EndTransactionMarker.deserialize(records.next()) : null;
            long start = producer.transactionStart();
            producer.ended(batch.producerEpoch(), marker == null ? producer.coordinatorEpoch() : marker.coordinatorEpoch(), batch.maxTimestamp(),
                    batch.baseOffset());
            verifications.remove(id);
            if (start == ProducerState.NO_TRANSACTION) {
                return null;
            }
            openTransactions.remove(start);
            ended.put(start, batch.lastOffset());
            if (marker == null) {
                return null;
            }
            return marker.controlType() == ControlRecordType.ABORT ? new AbortedTransaction().setProducerId(id).setFirstOffset(start) : null;
        }
        producer.appended(batch.producerEpoch(), new ProducerState.Batch(batch.baseSequence(), batch.lastSequence(), batch.baseOffset(),
                batch.lastOffset(), batch.maxTimestamp()), batch.isTransactional());
        if (batch.isTransactional()) {
            verifications.remove(id);
            openTransactions.putIfAbsent(producer.transactionStart(), id);
        }
        return null;
    }

    private static EndTransactionMarker markerOf(RecordBatch batch) {
        Record record = batch.iterator().next();
        return EndTransactionMarker.deserialize(record);
    }

    /** Offset of the first record of the oldest open transaction, or {@code otherwise}. */
    long firstUndecidedOffset(long otherwise) {
        return openTransactions.isEmpty() ? otherwise : openTransactions.firstKey();
    }

    /**
     * Offset of the first record of the oldest transaction that is open or whose marker may still be lost, or {@link Long#MAX_VALUE}.
     *
     * @param highWatermark what is before is not lost any more
     */
    long firstUnstableOffset(long highWatermark) {
        if (!ended.isEmpty()) {
            ended.values().removeIf(marker -> marker < highWatermark);
        }
        return Math.min(firstUndecidedOffset(Long.MAX_VALUE), ended.isEmpty() ? Long.MAX_VALUE : ended.firstKey());
    }

    /** Forgets producers that wrote nothing since {@code before}, unless their transaction is open. */
    void expire(long before) {
        producers.values().removeIf(producer -> producer.lastTimestamp() < before && producer.transactionStart() == ProducerState.NO_TRANSACTION);
        verifications.values().removeIf(verification -> verification.since() < before);
    }

    /** For the cleaner, which keeps the batches that hold them. */
    Map<Long, LastRecord> lastRecords() {
        Map<Long, LastRecord> last = HashMap.newHashMap(producers.size());
        producers.forEach((id, producer) -> last.put(id, new LastRecord(producer.last() == null ? -1 : producer.last().lastOffset(), producer.epoch())));
        return last;
    }

    void clear() {
        producers.clear();
        openTransactions.clear();
        ended.clear();
        verifications.clear();
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
