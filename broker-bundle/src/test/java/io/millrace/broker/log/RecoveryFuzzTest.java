package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fuzz.Fuzzing;
import io.millrace.broker.fuzz.Input;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;

/**
 * A store whose files anything has happened to is opened, or refused with a line that names the file: no reader gets what was not written, nothing is lost
 * but with the segments themselves, and writing goes on.
 */
public class RecoveryFuzzTest {

    private static final String[] NEW_NAMES = {"00000000000000000003.log", "99999999999999999999.log", "00000000000000000007.snapshot",
        "99999999999999999999.snapshot", "x.log", "00000000000000000000.log.deleted", "leader-epoch-checkpoint.tmp", "00000000000009999999.log"};
    private static final int MOST_WRITTEN = 100;
    private static Fixture fixture;

    /** The store as a stop in order left it and as a crash would have; what was in it, and what each file is called. */
    private record Fixture(Path work, Path clean, Path crashed, LogFixture.Content content, List<String> producers, List<String> files) {}

    @Test
    void knownDamageIsNeitherServedNorDeadly() throws Exception {
        Fuzzing.replay(RecoveryFuzzTest.class, RecoveryFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void newDamageIsNeitherServedNorDeadly() throws Exception {
        Random random = new Random(1);
        Fuzzing.search(RecoveryFuzzTest.class, Stream.generate(() -> {
            byte[] input = new byte[2 + random.nextInt(30)];
            random.nextBytes(input);
            return input;
        }).limit(100));
    }

    private static Fixture fixture() throws Exception {
        if (fixture == null) {
            Path root = Fuzzing.folder();
            Path clean = root.resolve("clean");
            Path crashed = root.resolve("crashed");
            LogFixture.Content content = LogFixture.write(clean, crashed);
            LogFixture.copy(clean, root.resolve("look"));
            List<String> producers;
            try (LogStore store = LogFixture.open(root.resolve("look"))) {
                producers = producers(store.log(LogFixture.PARTITION).orElseThrow());
            }
            List<String> files;
            try (Stream<Path> all = Files.walk(clean)) {
                files = all.filter(file -> Files.isRegularFile(file) && !file.getFileName().toString().equals(".lock"))
                        .map(file -> clean.relativize(file).toString()).sorted().toList();
            }
            fixture = new Fixture(root.resolve("work"), clean, crashed, content, producers, files);
        }
        return fixture;
    }

    private static List<String> producers(PartitionLog log) {
        return log.producers().active().stream().map(Object::toString).sorted().toList();
    }

    public static void fuzzerTestOneInput(byte[] bytes) throws Exception {
        Fixture was = fixture();
        if (Files.exists(was.work)) {
            LogFixture.delete(was.work);
        }
        Input input = new Input(bytes);
        boolean crashed = input.below(2) == 0;
        LogFixture.copy(crashed ? was.crashed : was.clean, was.work);
        List<String> damaged = damage(was, input);
        boolean logsAreWhole = damaged.stream().noneMatch(name -> name.endsWith(".log") || name.endsWith("partition.metadata"));
        Map<Long, String> found;
        try (LogStore store = LogFixture.open(was.work)) {
            PartitionLog log = store.log(LogFixture.PARTITION).orElse(null);
            if (log == null) {
                assertThat(damaged).as("the log is not there").anyMatch(name -> name.endsWith("partition.metadata"));
                return;
            }
            found = readable(log, was.content.values(), damaged);
            if (logsAreWhole) {
                assertThat(found).as("what is read after damage to %s", damaged).isEqualTo(was.content.values());
                List<AbortedTransaction> aborted = log.abortedTransactions(0, log.endOffset());
                // Kafka's format of it has no checksum: entries that are missing as a whole, say, are not missed (TransactionIndexTest has what is).
                if (damaged.stream().noneMatch(name -> name.endsWith(".txnindex"))) {
                    assertThat(aborted).as("aborted after damage to %s", damaged).isEqualTo(was.content.aborted());
                }
                assertThat(producers(log)).as("producers after damage to %s", damaged).isEqualTo(was.producers);
            }
            lookUp(log);
            if (log.isOnline()) {
                long end = log.endOffset();
                log.append(LogFixture.plain(Compression.NONE, "more"), Origin.CLIENT, log.leaderEpoch() + 1, true);
                log.awaitDurable(log.endOffset());
                found.put(end, "more");
            }
        } catch (IllegalStateException refused) {
            assertThat(refused.getMessage()).contains(was.work.toString());
            assertThat(logsAreWhole).as("%s is no reason not to start: %s", damaged, refused.getMessage()).isFalse();
            return;
        }
        try (LogStore store = LogFixture.open(was.work)) {
            PartitionLog log = store.log(LogFixture.PARTITION).orElseThrow();
            assertThat(readable(log, found, damaged)).as("after one more start, with damage to %s", damaged).isEqualTo(found);
        }
    }

    private static void lookUp(PartitionLog log) {
        try {
            log.offsetForTimestamp(0, log.endOffset());
            log.maxTimestamp();
        } catch (CorruptRecordException | KafkaStorageException told) {
            assertThat(told.getMessage()).contains(LogFixture.PARTITION.toString());
        }
        log.endOfEpoch(0);
    }

    private static List<String> damage(Fixture was, Input input) throws IOException {
        List<String> damaged = new ArrayList<>();
        for (int changes = 1 + input.below(3); changes > 0; changes--) {
            String name = was.files.get(input.below(was.files.size()));
            int kind = input.below(8);
            Path file = was.work.resolve(name);
            if (kind == 7) {
                name = LogFixture.PARTITION + "/" + NEW_NAMES[input.below(NEW_NAMES.length)];
                file = was.work.resolve(name);
                if (!Files.exists(file)) {
                    Files.write(file, input.take(input.below(100)));
                    damaged.add(name);
                }
                continue;
            }
            if (!Files.exists(file)) {
                continue;
            }
            byte[] content = Files.readAllBytes(file);
            byte[] changed = changed(content, kind, input, was);
            if (changed == null) {
                Files.delete(file);
                damaged.add(name);
            } else if (!Arrays.equals(content, changed)) {
                Files.write(file, changed);
                damaged.add(name);
            }
        }
        return damaged;
    }

    private static byte[] changed(byte[] content, int kind, Input input, Fixture was) throws IOException {
        byte[] changed = content.clone();
        int at = input.below(Math.max(1, content.length));
        switch (kind) {
            case 0 -> {
                if (content.length > 0) {
                    changed[at] ^= (byte) (1 << input.below(8));
                }
            }
            case 1 -> changed = Arrays.copyOf(content, at);
            case 2 -> {
                byte[] over = input.take(1 + input.below(64));
                System.arraycopy(over, 0, changed, Math.min(at, content.length), Math.min(over.length, content.length - Math.min(at, content.length)));
            }
            case 3 -> Arrays.fill(changed, Math.min(at, content.length), Math.min(content.length, at + 1 + input.below(512)), (byte) 0);
            case 4 -> {
                return null;
            }
            case 5 -> {
                byte[] more = input.take(1 + input.below(200));
                changed = Arrays.copyOf(content, content.length + more.length);
                System.arraycopy(more, 0, changed, content.length, more.length);
            }
            default -> {
                Path other = was.work.resolve(was.files.get(input.below(was.files.size())));
                changed = Files.exists(other) ? Files.readAllBytes(other) : changed;
            }
        }
        return changed;
    }

    /** What a consumer gets that passes over what it is told is damaged. */
    private static Map<Long, String> readable(PartitionLog log, Map<Long, String> written, List<String> damaged) {
        Map<Long, String> found = new TreeMap<>();
        long offset = log.startOffset();
        while (offset < log.endOffset()) {
            if (offset > MOST_WRITTEN && offset < log.endOffset() - 2) {
                // A foreign file can make the log seem to be of any length.
                offset = log.endOffset() - 2;
            }
            long before = offset;
            try {
                for (RecordBatch batch : log.read(offset, 1 << 20, log.endOffset(), true).batches()) {
                    batch.ensureValid();
                    assertThat(batch.baseOffset()).as("order of batches after damage to %s", damaged).isGreaterThanOrEqualTo(offset == before ? 0 : offset);
                    for (Record record : batch) {
                        if (!batch.isControlBatch() && record.offset() >= offset) {
                            found.put(record.offset(), LogFixture.text(record.value()));
                        }
                    }
                    offset = batch.nextOffset();
                }
            } catch (CorruptRecordException | KafkaStorageException told) {
                offset = before;
            }
            if (offset == before) {
                offset++;
            }
        }
        found.forEach((at, value) -> assertThat(value).as("offset %d after damage to %s", at, damaged).isEqualTo(written.get(at)));
        return found;
    }
}
