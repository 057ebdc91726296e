package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpResource;
import io.millrace.connect.herder.Herder;
import java.lang.management.PlatformLoggingMXBean;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** Kafka Connect's REST interface, to the letter, and under {@code /connectors/NAME} also {@code health}, {@code metrics}, {@code errors} and {@code config/diff}. */
public final class ConnectRest implements HttpResource {

    private static final String VERSION = "4.3.1";
    private static final Duration HEALTH_LIMIT = Duration.ofSeconds(10);

    private final Routes routes = new Routes();

    /** @param levels of the platform's loggers, null if it has none of its own */
    public ConnectRest(Herder herder, String clusterId, Supplier<PlatformLoggingMXBean> levels) {
        Statuses statuses = new Statuses(herder);
        routes.on("GET", "/", (_, _) -> Json.answer(200, Json.object("version", VERSION, "commit", "millrace", "kafka_cluster_id", clusterId)));
        WorkerHealth health = new WorkerHealth(herder::look, HEALTH_LIMIT);
        routes.on("GET", "/health", (_, _) -> health.answer());
        new ConnectorsRest(herder, statuses).serve(routes);
        new TasksRest(herder, statuses).serve(routes);
        new OffsetsRest(herder).serve(routes);
        new PluginsRest(herder).serve(routes);
        new LoggersRest(levels).serve(routes);
    }

    @Override
    public Set<String> paths() {
        return Set.of("", "health", "connectors", "connector-plugins", "admin");
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws Exception {
        return routes.answer(call);
    }
}
