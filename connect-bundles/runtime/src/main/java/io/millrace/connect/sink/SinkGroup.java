package io.millrace.connect.sink;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.task.TaskSetup;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;

/** How the tasks of a sink connector share its topics: as the members of a consumer group. */
public final class SinkGroup {

    private SinkGroup() {}

    /** The group's id. */
    public static String of(String connector, ConnectorConfig config) {
        return String.valueOf(config.withPrefix("consumer.override.").getOrDefault("group.id", "connect-" + connector));
    }

    /** A task's consumer, which {@link #join}s. */
    static Consumer<byte[], byte[]> consumer(TaskSetup setup) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("group.id", of(setup.id().connector(), setup.config()));
        // Sources write in transactions by default; what one of them takes back must not be delivered.
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", 2_000);
        // A task that starts again takes the place of the one that a killed process left in the group, without waiting for its session to end.
        settings.put("group.instance.id", "connect-" + setup.id());
        return setup.clients().consumer("connector-consumer-" + setup.id(),
                setup.clients().defaults().forConsumer(settings, setup.config().withPrefix("consumer.override.")));
    }

    static void join(Consumer<byte[], byte[]> consumer, ConnectorConfig config, ConsumerRebalanceListener listener) {
        List<String> topics = config.list(ConnectorConfig.TOPICS);
        if (topics.isEmpty()) {
            consumer.subscribe(Pattern.compile(config.string(ConnectorConfig.TOPICS_REGEX)), listener);
        } else {
            consumer.subscribe(topics, listener);
        }
    }
}
