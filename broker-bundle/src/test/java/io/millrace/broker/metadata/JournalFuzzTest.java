package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fuzz.Fuzzing;
import io.millrace.broker.fuzz.Input;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/**
 * A journal to which anything has happened is replayed as it was up to some record, or refused with a line that names it; only what a crash can
 * leave is cut off. Bytes that a checksum covers are a record or an error.
 */
public class JournalFuzzTest {

    private static final List<MetadataRecord> HISTORY = history();
    private static Path folder;
    private static byte[] whole;
    private static int lastRecord;

    private static List<MetadataRecord> history() {
        List<MetadataRecord> history = new ArrayList<>(List.of(new MetadataRecord.LeaderStarted(1)));
        for (int i = 0; i < 8; i++) {
            Uuid id = new Uuid(3, i);
            history.add(new MetadataRecord.TopicCreated(id, "topic-" + i, 1 + i, 1, Map.of("retention.ms", "5" + i)));
            history.add(new MetadataRecord.TopicConfigured(id, Map.of("cleanup.policy", "compact")));
            history.add(new MetadataRecord.PartitionsAdded(id, 20));
        }
        return history;
    }

    @Test
    void knownJournalsAreReplayedOrRefused() throws Exception {
        Fuzzing.replay(JournalFuzzTest.class, JournalFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void newJournalsAreReplayedOrRefused() throws Exception {
        Random random = new Random(1);
        Fuzzing.search(JournalFuzzTest.class, Stream.generate(() -> {
            byte[] input = new byte[2 + random.nextInt(30)];
            random.nextBytes(input);
            return input;
        }).limit(50));
    }

    private static void prepare() throws IOException {
        if (folder == null) {
            folder = Fuzzing.folder();
            Path file = folder.resolve("written");
            try (FileJournal journal = FileJournal.open(file)) {
                journal.replay();
                for (MetadataRecord record : HISTORY) {
                    lastRecord = (int) Files.size(file);
                    journal.append(List.of(record));
                }
            }
            whole = Files.readAllBytes(file);
            Files.delete(file);
        }
    }

    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        prepare();
        Input input = new Input(bytes);
        if (input.below(4) == 0) {
            record(input.rest());
            return;
        }
        byte[] damaged = damage(whole.clone(), input);
        Path file = folder.resolve("metadata.journal");
        Files.write(file, damaged);
        List<MetadataRecord> replayed;
        try (FileJournal journal = FileJournal.open(file)) {
            replayed = journal.replay();
            journal.append(List.of(new MetadataRecord.LeaderStarted(9)));
        } catch (IllegalStateException refused) {
            assertThat(refused.getMessage()).contains(file.toString());
            assertThat(Files.readAllBytes(file)).as("what is not understood is not touched").isEqualTo(damaged);
            return;
        }
        assertThat(replayed.size()).isLessThanOrEqualTo(HISTORY.size());
        assertThat(replayed).isEqualTo(HISTORY.subList(0, replayed.size()));
        int common = Arrays.mismatch(damaged, whole);
        if (common < 0 || common >= lastRecord && damaged.length >= whole.length) {
            assertThat(replayed.size()).as("only the last record is damaged").isGreaterThanOrEqualTo(HISTORY.size() - 1);
        }
        try (FileJournal journal = FileJournal.open(file)) {
            assertThat(journal.replay()).isEqualTo(Stream.concat(replayed.stream(), Stream.of(new MetadataRecord.LeaderStarted(9))).toList());
        }
    }

    /** What a checksum covers can be of another release. */
    private static void record(byte[] content) {
        try {
            MetadataRecord record = RecordCodec.decode(new DataInputStream(new ByteArrayInputStream(content)));
            byte[] once = RecordCodec.encode(record);
            assertThat(RecordCodec.encode(RecordCodec.decode(new DataInputStream(new ByteArrayInputStream(once))))).isEqualTo(once);
        } catch (IOException told) {
            assertThat(told).isNotNull();
        }
    }

    private static byte[] damage(byte[] content, Input input) {
        byte[] changed = content;
        for (int changes = 1 + input.below(3); changes > 0; changes--) {
            int at = input.below(Math.max(1, changed.length));
            switch (input.below(5)) {
                case 0 -> {
                    if (changed.length > 0) {
                        changed[at] ^= (byte) (1 << input.below(8));
                    }
                }
                case 1 -> changed = Arrays.copyOf(changed, at);
                case 2 -> changed = Arrays.copyOf(changed, changed.length + input.below(100));
                case 3 -> {
                    byte[] more = input.take(1 + input.below(40));
                    changed = ByteBuffer.allocate(changed.length + more.length).put(changed).put(more).array();
                }
                default -> Arrays.fill(changed, at, Math.min(changed.length, at + 1 + input.below(64)), (byte) 0);
            }
        }
        return changed;
    }
}
