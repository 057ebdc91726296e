package io.millrace.connect.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class OffsetTableTest {

    private static final Map<String, Object> FILE = Map.of("file", "f");

    private final OffsetTable table = new OffsetTable();

    @Test
    void theLaterPlaceInTheTopicCountsWhateverOrderItIsToldIn() {
        List<Runnable> told = new ArrayList<>();
        for (int place = 0; place < 20; place++) {
            long at = place;
            // The writer tells it, and the reader once more.
            told.add(() -> table.tell("c", FILE, at % 7 == 6 ? null : Map.of("at", (int) at), at));
            told.add(() -> table.tell("c", FILE, at % 7 == 6 ? null : Map.of("at", at), at));
        }
        long seed = System.nanoTime();
        System.out.println("order of offsets: seed " + seed);
        Collections.shuffle(told, new Random(seed));
        told.forEach(Runnable::run);
        assertThat(table.of("c")).isEqualTo(Map.of(FILE, Map.of("at", 19L)));
        table.tell("c", FILE, null, 20);
        table.tell("c", FILE, Map.of("at", 18), 18);
        assertThat(table.of("c")).as("what is taken back stays so").isEmpty();
        assertThat(table.of("other")).isEmpty();
    }

    @Test
    void aWriterIsUnsureFromTheBeginningOfACommitUntilItIsToldItsEnd() throws Exception {
        MockProducer<byte[], byte[]> producer = new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        OffsetTable.Writing lost = table.write("c-0", "c");
        lost.send(producer, FILE, Map.of("at", 1));
        assertThat(table.isUnsure("c-0")).isTrue();
        producer.errorNext(new IllegalStateException("broker away"));
        assertThatThrownBy(lost::committed).isInstanceOf(ExecutionException.class);
        assertThat(table.isUnsure("c-0")).isTrue();
        assertThat(table.of("c")).isEmpty();

        OffsetTable.Writing stored = table.write("c-0", "c");
        stored.send(producer, FILE, Map.of("at", 2));
        producer.completeNext();
        stored.committed();
        assertThat(table.isUnsure("c-0")).isFalse();
        assertThat(table.of("c")).isEqualTo(Map.of(FILE, Map.of("at", 2L)));
    }
}
