package io.millrace.connect.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Keys and values are those that a Kafka Connect worker 4.3.1 wrote. */
class StatusKeysTest {

    private final StatusKeys keys = new StatusKeys();

    @Test
    void keysAndValuesAreKafkaConnects() {
        assertThat(StatusKeys.connector("in")).isEqualTo("status-connector-in");
        assertThat(StatusKeys.task("failing-task", 0)).isEqualTo("status-task-failing-task-0");
        assertThat(StatusKeys.topic("lines", "out")).isEqualTo("status-topic-lines:connector-out");
        assertThat(PlainJson.read(PlainJson.write(StatusKeys.status("RUNNING", "", "127.0.0.1:22094", "4.3.1")))).isEqualTo(PlainJson.read(
                "{\"state\":\"RUNNING\",\"trace\":null,\"worker_id\":\"127.0.0.1:22094\",\"generation\":0,\"version\":\"4.3.1\"}".getBytes(StandardCharsets.UTF_8)));
        assertThat(PlainJson.read(PlainJson.write(StatusKeys.use("lines", "out", 0, 1_795_252_676_437L)))).isEqualTo(PlainJson.read(
                "{\"topic\":{\"name\":\"lines\",\"connector\":\"out\",\"task\":0,\"discoverTimestamp\":1795252676437}}".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void tasksOfOneConnectorAreNotTakenForThoseOfAnotherWhoseNameBeginsTheSame() {
        for (String key : new String[] {"status-task-a-0", "status-task-a-1", "status-task-a-12", "status-task-a-b-1", "status-task-a-1-0"}) {
            keys.written(key, false);
        }
        assertThat(keys.tasksFrom("a", 1)).containsExactly("status-task-a-1", "status-task-a-12");
        assertThat(keys.tasksFrom("a-1", 0)).containsExactly("status-task-a-1-0");
        keys.written("status-task-a-1", true);
        assertThat(keys.tasksFrom("a", 0)).containsExactly("status-task-a-0", "status-task-a-12");
    }

    @Test
    void topicsAreThoseOfTheirConnectorAlsoWhenItsNameHasColons() {
        keys.written("status-topic-lines:connector-out", false);
        keys.written("status-topic-lines:connector-out:connector-out", false);
        keys.written("status-topic-more:connector-out", false);
        assertThat(keys.topicsOf("out")).containsExactly("status-topic-lines:connector-out", "status-topic-more:connector-out");
        assertThat(StatusKeys.topicOf("status-topic-lines:connector-out:connector-out", "out:connector-out")).contains("lines");
    }
}
