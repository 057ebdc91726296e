package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * A partition of which only the producers' state is real: its log is a list, of which a crash takes what was not made durable. Checks all the time
 * that the open and aborted transactions are those that a naive reading of the list finds.
 */
public final class SimulatedPartition {

    private final TopicPartition partition;
    private final List<RecordBatch> log = new ArrayList<>();
    private final List<AbortedTransaction> aborted = new ArrayList<>();
    private final TreeMap<Integer, ByteBuffer> snapshots = new TreeMap<>();
    private ProducerStates states;
    private int durable;

    public SimulatedPartition(TopicPartition partition) {
        this.partition = partition;
        this.states = new ProducerStates(partition);
    }

    public Verification verify(long producerId, short epoch, int sequence, boolean fromZero) {
        return states.verify(producerId, epoch, sequence, fromZero, 0);
    }

    public void refused(long producerId, Verification verification) {
        states.refused(producerId, verification);
    }

    /** @return whether it was there already; throws if it may not be */
    public boolean append(long producerId, short epoch, int sequence, String value, Verification verification) {
        return append(MemoryRecords.withTransactionalRecords(Compression.NONE, producerId, epoch, sequence,
                new SimpleRecord(1, value.getBytes(StandardCharsets.UTF_8))), Origin.CLIENT, verification);
    }

    public void mark(long producerId, short epoch, boolean commit, int coordinatorEpoch, boolean newEpochs) {
        append(Shard.marker(producerId, epoch, commit, coordinatorEpoch, 1), newEpochs ? Origin.COORDINATOR_OF_NEW_EPOCHS : Origin.COORDINATOR, null);
    }

    private boolean append(MemoryRecords records, Origin origin, Verification verification) {
        MutableRecordBatch batch = records.batches().iterator().next();
        if (states.admit(batch, origin, verification) != null) {
            return true;
        }
        batch.setLastOffset(log.size());
        note(batch);
        log.add(batch);
        assertThat(states.firstUndecidedOffset(log.size())).as("first offset of an open transaction in %s", this).isEqualTo(firstOpen());
        return false;
    }

    private void note(RecordBatch batch) {
        AbortedTransaction ended = states.appended(batch);
        if (ended != null) {
            aborted.add(ended);
        }
    }

    /** Epochs of producers whose transaction is open here, by producer id. */
    public Map<Long, Short> open() {
        Map<Long, Short> open = new HashMap<>();
        for (ProducerState producer : states.producers()) {
            if (producer.transactionStart() != ProducerState.NO_TRANSACTION) {
                open.put(producer.producerId(), producer.epoch());
            }
        }
        return open;
    }

    public int end() {
        return log.size();
    }

    public void flush() {
        durable = log.size();
    }

    public void snapshot() {
        snapshots.put(log.size(), states.snapshot());
    }

    /** What is not durable may be lost. The producers come from the newest snapshot, or an earlier one, and from what follows it. */
    public void crash(Random random) {
        int kept = durable + random.nextInt(log.size() - durable + 1);
        log.subList(kept, log.size()).clear();
        snapshots.tailMap(kept, false).clear();
        durable = kept;
        if (random.nextInt(3) == 0 && !snapshots.isEmpty()) {
            snapshots.remove(snapshots.lastKey());
        }
        states = new ProducerStates(partition);
        int from = snapshots.isEmpty() ? 0 : snapshots.lastKey();
        if (from > 0) {
            assertThat(states.restore(snapshots.get(from).duplicate())).isTrue();
        }
        aborted.removeIf(one -> indexOfMarker(one) >= kept || indexOfMarker(one) >= from);
        log.subList(from, kept).forEach(this::note);
        assertThat(states.firstUndecidedOffset(log.size())).as("first offset of an open transaction in %s after a restart", this).isEqualTo(firstOpen());
    }

    private int indexOfMarker(AbortedTransaction transaction) {
        for (int i = (int) transaction.firstOffset(); i < log.size(); i++) {
            if (log.get(i).isControlBatch() && log.get(i).producerId() == transaction.producerId()) {
                return i;
            }
        }
        return Integer.MAX_VALUE;
    }

    /** Naively: a producer's transaction is open from its first batch to its next marker. */
    private long firstOpen() {
        Map<Long, Long> open = new LinkedHashMap<>();
        for (RecordBatch batch : log) {
            if (batch.isControlBatch()) {
                open.remove(batch.producerId());
            } else {
                open.putIfAbsent(batch.producerId(), batch.baseOffset());
            }
        }
        return open.values().stream().mapToLong(Long::longValue).min().orElse(log.size());
    }

    public boolean hasOpenTransaction() {
        return firstOpen() < log.size();
    }

    /** Naively: what stands before a commit marker of its producer, and after any earlier marker of it. */
    public List<String> committed() {
        TreeMap<Long, String> values = new TreeMap<>();
        Map<Long, TreeMap<Long, String>> open = new HashMap<>();
        for (RecordBatch batch : log) {
            Record record = batch.iterator().next();
            if (batch.isControlBatch()) {
                TreeMap<Long, String> ended = open.remove(batch.producerId());
                if (ended != null && ControlRecordType.parse(record.key()) == ControlRecordType.COMMIT) {
                    values.putAll(ended);
                }
            } else {
                open.computeIfAbsent(batch.producerId(), _ -> new TreeMap<>()).put(batch.baseOffset(), StandardCharsets.UTF_8.decode(record.value()).toString());
            }
        }
        List<String> naive = List.copyOf(values.values());
        assertThat(asConsumersRead()).as("%s as consumers filter it", this).isEqualTo(naive);
        return naive;
    }

    /** As consumers do it: up to the last stable offset, leaving out what the broker lists as aborted until its marker comes. */
    private List<String> asConsumersRead() {
        List<String> values = new ArrayList<>();
        List<AbortedTransaction> coming = new ArrayList<>(aborted);
        Map<Long, Long> aborting = new HashMap<>();
        for (RecordBatch batch : log.subList(0, (int) states.firstUndecidedOffset(log.size()))) {
            coming.removeIf(one -> {
                if (one.firstOffset() <= batch.baseOffset()) {
                    aborting.put(one.producerId(), one.firstOffset());
                    return true;
                }
                return false;
            });
            if (batch.isControlBatch()) {
                aborting.remove(batch.producerId());
            } else if (!aborting.containsKey(batch.producerId())) {
                values.add(StandardCharsets.UTF_8.decode(batch.iterator().next().value()).toString());
            }
        }
        return values;
    }

    /** The partition, and the batches around the oldest open transaction. */
    public String describe() {
        int open = (int) firstOpen();
        StringBuilder text = new StringBuilder(this + ":");
        for (RecordBatch batch : log.subList(Math.max(0, open - 3), log.size())) {
            text.append(' ').append(batch.baseOffset()).append(batch.isControlBatch() ? "c" : "").append("p").append(batch.producerId()).append('e')
                    .append(batch.producerEpoch());
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return partition.toString();
    }
}
