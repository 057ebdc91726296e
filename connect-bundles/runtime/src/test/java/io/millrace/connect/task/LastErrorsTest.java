package io.millrace.connect.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connect.task.LastErrors.Entry;
import io.millrace.connect.task.LastErrors.Fate;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LastErrorsTest {

    @Test
    void theLastTwentyAreKeptAndTheirMessagesAreCutOff() {
        LastErrors errors = new LastErrors();
        for (int at = 0; at < 25; at++) {
            errors.add(new Entry(at, "", "", "x.Failure", "m".repeat(2_000), Map.of("offset", at), Fate.RETRIED));
        }
        assertThat(errors.all()).hasSize(20);
        assertThat(errors.all().getFirst().timeMs()).isEqualTo(5);
        assertThat(errors.all().getLast().timeMs()).isEqualTo(24);
        assertThat(errors.all().getLast().message()).hasSize(1_000);
        assertThat(new Entry(0, "", "", "x.Failure", null, Map.of(), Fate.FAILED).message()).isEmpty();
    }
}
