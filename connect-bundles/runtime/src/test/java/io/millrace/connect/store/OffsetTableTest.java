package io.millrace.connect.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OffsetTableTest {

    private static final Map<String, Object> FILE = Map.of("file", "f");

    private final OffsetTable table = new OffsetTable();

    @Test
    void theLaterPlaceInTheTopicCountsWhateverOrderItIsToldIn() {
        List<Runnable> told = new ArrayList<>();
        for (int place = 0; place < 20; place++) {
            long at = place;
            // More than once, too.
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
}
