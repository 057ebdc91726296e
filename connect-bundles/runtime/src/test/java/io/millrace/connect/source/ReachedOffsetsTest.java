package io.millrace.connect.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReachedOffsetsTest {

    private static final Map<String, ?> A = Map.of("file", "a");
    private static final Map<String, ?> B = Map.of("file", "b");

    private final ReachedOffsets offsets = new ReachedOffsets();

    private Map<Map<String, ?>, Map<String, ?>> all() {
        Map<Map<String, ?>, Map<String, ?>> all = new HashMap<>();
        offsets.forEach(all::put);
        return all;
    }

    private static Map<String, ?> at(int position) {
        return Map.of("at", position);
    }

    @Test
    void theLastOffsetOfEachPartitionCountsHoweverTheyAlternate() {
        offsets.reached(A, at(1));
        offsets.reached(A, at(2));
        offsets.reached(B, at(10));
        offsets.reached(new HashMap<>(A), at(3));
        offsets.reached(B, at(11));
        assertThat(all()).isEqualTo(Map.of(A, at(3), B, at(11)));
    }

    @Test
    void aRecordWithoutPartitionOrOffsetChangesNothing() {
        offsets.reached(A, at(1));
        offsets.reached(A, null);
        offsets.reached(null, at(2));
        assertThat(all()).isEqualTo(Map.of(A, at(1)));
    }

    @Test
    void whatIsClearedIsGoneAlsoTheLastOne() {
        offsets.reached(A, at(1));
        offsets.clear();
        assertThat(all()).isEmpty();
        offsets.reached(A, at(2));
        assertThat(all()).isEqualTo(Map.of(A, at(2)));
    }
}
