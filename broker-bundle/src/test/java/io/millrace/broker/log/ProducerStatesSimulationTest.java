package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Idempotence and transactions of one partition against a model that keeps everything ever appended and decides by reading it from the start:
 * repeats, gaps, fenced and new epochs, sequences that wrap, expiry, markers, and snapshots in between.
 */
class ProducerStatesSimulationTest {

    private static final int STEPS = 400;
    private static final int PRODUCERS = 3;
    private static final long IDLE = 50;

    /** One appended batch of data, or a marker, which has no records. */
    private record Entry(long producer, short epoch, int first, int count, long offset, long time, boolean transactional) {

        boolean isMarker() {
            return count == 0;
        }

        int next() {
            return (int) (((long) first + count) % (Integer.MAX_VALUE + 1L));
        }
    }

    private final List<Entry> log = new ArrayList<>();
    private final Map<Long, Integer> forgottenAt = new HashMap<>();
    private ProducerStates states = new ProducerStates(LogFixture.PARTITION);
    private long end;
    private long now = 1000;

    @RepeatedTest(40)
    void producersAreAsAReadingOfTheWholeLogSays() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> trace = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            now += random.nextInt(12);
            String what = switch (random.nextInt(20)) {
                case 0 -> expire();
                case 1 -> restart();
                case 2, 3, 4 -> mark(random);
                default -> append(random);
            };
            trace.add(what);
            String where = "seed " + seed + ", step " + step + ": " + trace.subList(Math.max(0, trace.size() - 12), trace.size());
            assertThat(what).as(where).doesNotContain("WRONG");
            assertThat(states.firstUndecidedOffset(end)).as("stable offset, " + where).isEqualTo(firstOpen());
            for (long id = 0; id < PRODUCERS; id++) {
                long producer = id;
                List<Entry> known = known(producer);
                assertThat(states.producers().stream().anyMatch(each -> each.producerId() == producer)).as("producer %d known, %s", id, where)
                        .isEqualTo(!known.isEmpty());
            }
        }
    }

    private String expire() {
        states.expire(now - IDLE);
        for (long id = 0; id < PRODUCERS; id++) {
            List<Entry> known = known(id);
            if (!known.isEmpty() && known.getLast().time < now - IDLE && openSince(id) < 0) {
                forgottenAt.put(id, log.size());
            }
        }
        return "expire before " + (now - IDLE);
    }

    private String restart() {
        ProducerStates restored = new ProducerStates(LogFixture.PARTITION);
        boolean whole = restored.restore(ByteBuffer.wrap(Arrays.copyOf(states.snapshot().array(), states.snapshot().capacity())));
        states = restored;
        return whole ? "restart" : "WRONG restart";
    }

    private String mark(Random random) {
        long id = random.nextInt(PRODUCERS);
        List<Entry> known = known(id);
        int current = known.isEmpty() ? 0 : known.getLast().epoch;
        short epoch = (short) Math.max(0, current + random.nextInt(3) - 1);
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        RecordBatch batch = MemoryRecords.withEndTransactionMarker(end, now, 0, id, epoch, new EndTransactionMarker(type, 0)).batches().iterator().next();
        String expected = !known.isEmpty() && epoch < current ? InvalidProducerEpochException.class.getSimpleName() : "appended";
        String what = type + " of " + id + " epoch " + epoch;
        String outcome = outcome(batch, Origin.COORDINATOR);
        if (!outcome.equals(expected)) {
            return "WRONG " + what + ": " + outcome + ", expected " + expected;
        }
        if (outcome.equals("appended")) {
            long open = openSince(id);
            boolean told = states.appended(batch) != null;
            log.add(new Entry(id, epoch, -1, 0, end, now, true));
            end++;
            if (told != (open >= 0 && type == ControlRecordType.ABORT)) {
                return "WRONG " + what + ": aborted " + told;
            }
        }
        return what + " " + outcome;
    }

    private String append(Random random) {
        long id = random.nextInt(PRODUCERS);
        List<Entry> known = known(id);
        List<Entry> data = epochOf(known).stream().filter(entry -> !entry.isMarker()).toList();
        int epoch = known.isEmpty() ? random.nextInt(2) : known.getLast().epoch;
        int sequence = data.isEmpty() ? 0 : data.getLast().next();
        int count = 1 + random.nextInt(3);
        boolean transactional = openSince(id) >= 0 ? random.nextInt(6) > 0 : random.nextInt(3) == 0;
        switch (random.nextInt(8)) {
            case 0 -> {
                if (!data.isEmpty()) {
                    Entry repeated = data.get(Math.max(0, data.size() - 1 - random.nextInt(8)));
                    sequence = repeated.first;
                    count = repeated.count;
                    transactional = repeated.transactional;
                }
            }
            case 1 -> sequence = known.isEmpty() ? Integer.MAX_VALUE - random.nextInt(10) : (sequence + 1 + random.nextInt(3)) & Integer.MAX_VALUE;
            case 2 -> epoch = Math.max(0, epoch - 1);
            case 3 -> {
                epoch++;
                sequence = random.nextBoolean() ? 0 : sequence;
            }
            default -> { }
        }
        SimpleRecord[] records = new SimpleRecord[count];
        Arrays.fill(records, new SimpleRecord(now, new byte[1]));
        RecordBatch batch = MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, end, Compression.NONE, TimestampType.CREATE_TIME, id, (short) epoch, sequence, 0,
                transactional, records).batches().iterator().next();
        Entry entry = new Entry(id, (short) epoch, sequence, count, end, now, transactional);
        String expected = expected(entry, known, data);
        String what = id + " epoch " + epoch + " sequence " + sequence + "+" + count + (transactional ? " transactional" : "");
        String outcome = outcome(batch, Origin.CLIENT);
        if (!outcome.equals(expected)) {
            return "WRONG " + what + ": " + outcome + ", expected " + expected;
        }
        if (outcome.equals("appended")) {
            states.appended(batch);
            log.add(entry);
            end += count;
        }
        return what + " " + outcome;
    }

    private static String expected(Entry entry, List<Entry> known, List<Entry> data) {
        if (known.isEmpty()) {
            return "appended";
        }
        short current = known.getLast().epoch;
        if (entry.epoch == current) {
            for (Entry earlier : data.subList(Math.max(0, data.size() - 5), data.size())) {
                if (earlier.first == entry.first && earlier.count == entry.count) {
                    return "repeats " + earlier.offset;
                }
            }
        }
        int next = entry.epoch > current || data.isEmpty() ? 0 : data.getLast().next();
        if (entry.epoch < current) {
            return InvalidProducerEpochException.class.getSimpleName();
        } else if (entry.first != next) {
            return OutOfOrderSequenceException.class.getSimpleName();
        }
        return !entry.transactional && isOpen(known) ? InvalidTxnStateException.class.getSimpleName() : "appended";
    }

    private String outcome(RecordBatch batch, Origin origin) {
        try {
            ProducerState.Batch earlier = states.admit(batch, origin, batch.isTransactional() && origin == Origin.CLIENT ? Verification.NOT_REQUIRED : null);
            return earlier == null ? "appended" : "repeats " + earlier.firstOffset();
        } catch (ApiException refused) {
            return refused.getClass().getSimpleName();
        }
    }

    /** What there is of a producer since it was forgotten. */
    private List<Entry> known(long id) {
        return log.subList(forgottenAt.getOrDefault(id, 0), log.size()).stream().filter(entry -> entry.producer == id).toList();
    }

    private static List<Entry> epochOf(List<Entry> known) {
        int from = known.size();
        while (from > 0 && known.get(from - 1).epoch == known.getLast().epoch) {
            from--;
        }
        return known.subList(from, known.size());
    }

    private static boolean isOpen(List<Entry> known) {
        return !known.isEmpty() && known.reversed().stream().takeWhile(entry -> !entry.isMarker()).anyMatch(Entry::transactional);
    }

    /** First offset of the producer's open transaction, or -1. */
    private long openSince(long id) {
        long since = -1;
        for (Entry entry : known(id)) {
            since = entry.isMarker() ? -1 : since < 0 && entry.transactional ? entry.offset : since;
        }
        return since;
    }

    private long firstOpen() {
        long first = end;
        for (long id = 0; id < PRODUCERS; id++) {
            long since = openSince(id);
            first = since < 0 ? first : Math.min(first, since);
        }
        return first;
    }
}
