package io.millrace.connect.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connect.config.ConnectorConfig;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.junit.jupiter.api.Test;

/** What {@code errors.retry.timeout} makes of failures of a converter or transformation. */
class AttemptsTest {

    private final AtomicInteger calls = new AtomicInteger();

    private static Attempts attempts(long timeoutMs) {
        return new Attempts(new ConnectorConfig(Map.of("name", "c", "connector.class", "x", "errors.retry.timeout", Long.toString(timeoutMs),
                "errors.retry.delay.max.ms", "1"), false));
    }

    private Callable<String> failing(int times) {
        return () -> {
            if (calls.incrementAndGet() <= times) {
                throw new RetriableException("not yet");
            }
            return "done";
        };
    }

    @Test
    void whatMayGoBetterNextTimeIsTriedAgain() throws Exception {
        assertThat(attempts(-1).run(Stage.VALUE_CONVERTER, this, null, failing(20))).isEqualTo("done");
        assertThat(calls).hasValue(21);
        calls.set(0);
        assertThat(attempts(60_000).run(Stage.VALUE_CONVERTER, this, null, failing(5))).isEqualTo("done");
        assertThat(calls).hasValue(6);
    }

    @Test
    void byDefaultItIsNot() {
        assertThatThrownBy(() -> attempts(0).run(Stage.VALUE_CONVERTER, this, null, failing(1))).isInstanceOf(StageFailure.class)
                .hasRootCauseInstanceOf(RetriableException.class);
        assertThat(calls).hasValue(1);
    }

    @Test
    void itIsGivenUpWhenTheTimeIsOver() {
        assertThatThrownBy(() -> attempts(20).run(Stage.TRANSFORMATION, this, null, failing(Integer.MAX_VALUE))).isInstanceOf(StageFailure.class);
        assertThat(calls.get()).isGreaterThan(1);
    }

    @Test
    void whatWillNotGoBetterIsNotTriedAgain() {
        assertThatThrownBy(() -> attempts(-1).run(Stage.TRANSFORMATION, this, null, () -> {
            calls.incrementAndGet();
            throw new ConnectException("never");
        })).isInstanceOf(StageFailure.class).hasMessageContaining("never");
        assertThat(calls).hasValue(1);
    }
}
