package io.millrace.connect.herder;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.task.TaskCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Connectors and tasks, named as Kafka Connect's own metrics. Nothing told here holds anything of a plugin: whoever reads the meters must not keep a
 * removed plugin in memory.
 */
public final class ConnectMeters implements MeterSource {

    private static final double MICROS_IN_MS = 1e-3;
    private static final String WORKER = "connect-worker-metrics";

    private static final Meter CONNECTORS = gauge(WORKER, "connector-count", "Connectors of this node.");
    private static final Meter TASKS = gauge(WORKER, "task-count", "Tasks of this node.");
    private static final Meter STATE = Meter.state("kafka_connect_connector_metrics_status", "1 for the state a connector is in.")
            .as("kafka.connect:type=connector-metrics,connector={connector}#status");
    private static final Meter CLASS = Meter.state("kafka_connect_connector_metrics_connector_class", "A connector's class.")
            .as("kafka.connect:type=connector-metrics,connector={connector}#connector-class");
    private static final Meter TYPE = Meter.state("kafka_connect_connector_metrics_connector_type", "source or sink.")
            .as("kafka.connect:type=connector-metrics,connector={connector}#connector-type");
    private static final Meter TASK_STATE = Meter.state("kafka_connect_connector_task_metrics_status", "1 for the state a task is in.")
            .as("kafka.connect:type=connector-task-metrics,connector={connector},task={task}#status");
    private static final Meter RESTARTS = Meter.counter("millrace_connect_task_restarts_total", "Restarts of a task after failures.");

    /** The meters of a task of one type. */
    private static final class TaskMeters {
        private final Map<Meter, ToLongFunction<TaskCounters>> counters = new LinkedHashMap<>();
        private final Map<Meter, ToDoubleFunction<TaskCounters>> gauges = new LinkedHashMap<>();
        private final Map<Meter, Function<TaskCounters, Distribution>> distributions = new LinkedHashMap<>();

        /** @param attribute with a star if it has a rate and a total, else the total itself */
        void counter(String type, String attribute, String help, ToLongFunction<TaskCounters> value) {
            String plain = attribute.replace("-*", "").replace("total-", "");
            counters.put(Meter.counter(name(type, plain) + "_total", help).as(bean(type, attribute)), value);
        }

        void gauge(String type, String attribute, String help, ToDoubleFunction<TaskCounters> value) {
            gauges.put(Meter.gauge(name(type, attribute), help).as(bean(type, attribute)), value);
        }

        void summary(String type, String attribute, String help, double scale, Function<TaskCounters, Distribution> values) {
            distributions.put(Meter.summary(name(type, attribute.replace("-*", "")), help, scale).as(bean(type, attribute)), values);
        }

        void tell(Meters meters, Tags task, TaskCounters of) {
            counters.forEach((meter, value) -> meters.counter(meter, task, () -> value.applyAsLong(of)));
            gauges.forEach((meter, value) -> meters.gauge(meter, task, () -> value.applyAsDouble(of)));
            distributions.forEach((meter, values) -> meters.distribution(meter, task, values.apply(of)));
        }
    }

    private static final TaskMeters EVERY = new TaskMeters();
    private static final TaskMeters SOURCE = new TaskMeters();
    private static final TaskMeters SINK = new TaskMeters();

    static {
        String every = "connector-task-metrics";
        EVERY.summary(every, "batch-size-*", "Records of a batch delivered.", 1, TaskCounters::batchSizes);
        EVERY.summary(every, "offset-commit-*-time-ms", "Commits, of a source with its records.", MICROS_IN_MS, TaskCounters::commitTimes);
        EVERY.counter(every, "offset-commit-*", "Commits.", TaskCounters::commits);
        EVERY.counter(every, "offset-commit-failure-*", "Commits that failed.", TaskCounters::failedCommits);
        EVERY.counter(every, "delivered-bytes-*", "Bytes of keys and values delivered.", TaskCounters::deliveredBytes);
        EVERY.summary(every, "convert-batch-*-time-ms", "Converters and transformations, a batch.", MICROS_IN_MS, TaskCounters::conversionTimes);

        String source = "source-task-metrics";
        SOURCE.counter(source, "source-record-poll-*", "Records that the connector's class gave.", TaskCounters::taken);
        SOURCE.counter(source, "source-record-write-*", "Records written and committed.", TaskCounters::delivered);
        SOURCE.gauge(source, "source-record-active-count", "Records polled and not yet committed.", task -> Math.max(0, task.taken() - task.delivered()));
        SOURCE.summary(source, "poll-batch-*-time-ms", "Calls of poll() that brought something.", MICROS_IN_MS, TaskCounters::pluginTimes);

        String sink = "sink-task-metrics";
        SINK.counter(sink, "sink-record-read-*", "Records read from Kafka.", TaskCounters::taken);
        SINK.counter(sink, "sink-record-send-*", "Records that put() took.", TaskCounters::delivered);
        SINK.gauge(sink, "sink-record-active-count", "Records read and neither put nor dropped.",
                task -> Math.max(0, task.taken() - task.delivered() - task.skippedRecords()));
        SINK.gauge(sink, "partition-count", "Partitions that the task has.", TaskCounters::partitions);
        SINK.gauge(sink, "sink-record-lag", "Records between the task and the end of its partitions; -1 until it is known.", TaskCounters::lag);
        SINK.summary(sink, "put-batch-*-time-ms", "Calls of put().", MICROS_IN_MS, TaskCounters::pluginTimes);

        String error = "task-error-metrics";
        EVERY.counter(error, "total-errors", "Failures of any kind.", TaskCounters::errors);
        EVERY.counter(error, "total-record-failures", "Records that failed in a converter, a transformation or the connector's class.",
                TaskCounters::failedRecords);
        EVERY.counter(error, "total-record-errors", "As total-record-failures.", TaskCounters::failedRecords);
        EVERY.counter(error, "total-records-skipped", "Records dropped because errors are tolerated.", TaskCounters::skippedRecords);
        EVERY.counter(error, "total-retries", "Calls of put() that were repeated.", TaskCounters::retries);
        EVERY.counter(error, "total-errors-logged", "Failed records that were logged.", TaskCounters::loggedErrors);
        EVERY.counter(error, "deadletterqueue-produce-requests", "Records sent to the dead letter topic.", TaskCounters::deadLetters);
        EVERY.gauge(error, "last-error-timestamp", "Milliseconds since 1970 of the last failure; 0 for none.", TaskCounters::lastErrorMs);
    }

    private static String name(String type, String attribute) {
        return "kafka_connect_" + (type + "_" + attribute).replace('-', '_').toLowerCase(Locale.ROOT);
    }

    private static String bean(String type, String attribute) {
        return "kafka.connect:type=" + type + ",connector={connector},task={task}#" + attribute;
    }

    private static Meter gauge(String type, String attribute, String help) {
        return Meter.gauge(name(type, attribute), help).as("kafka.connect:type=" + type + "#" + attribute);
    }

    private final Herder herder;

    public ConnectMeters(Herder herder) {
        this.herder = herder;
    }

    @Override
    public void tell(Meters meters) {
        meters.gauge(CONNECTORS, Tags.NONE, () -> herder.all().size());
        meters.gauge(TASKS, Tags.NONE, () -> herder.all().stream().mapToInt(connector -> connector.runners().size()).sum());
        for (HostedConnector connector : herder.all()) {
            Tags name = Tags.of("connector", connector.name());
            meters.state(STATE, name, () -> word(connector.status().state()));
            meters.state(CLASS, name, () -> String.valueOf(connector.config().get(ConnectorConfig.CONNECTOR_CLASS)));
            meters.state(TYPE, name, () -> connector.status().type());
            List<TaskRunner> runners = connector.runners();
            for (int i = 0; i < runners.size(); i++) {
                tell(meters, connector, i, name.and("task", Integer.toString(i)), runners.get(i).counters());
            }
        }
    }

    private static void tell(Meters meters, HostedConnector connector, int index, Tags task, TaskCounters counters) {
        meters.state(TASK_STATE, task, () -> word(index < connector.runners().size() ? connector.runners().get(index).status().state() : RunState.UNASSIGNED));
        meters.counter(RESTARTS, task, () -> index < connector.runners().size() ? connector.runners().get(index).status().restarts() : 0);
        EVERY.tell(meters, task, counters);
        (connector.isSink() ? SINK : SOURCE).tell(meters, task, counters);
    }

    private static String word(RunState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Object shape() {
        List<Object> shape = new ArrayList<>();
        for (HostedConnector connector : herder.all()) {
            shape.add(connector.name());
            shape.add(connector.isSink());
            connector.runners().forEach(runner -> shape.add(System.identityHashCode(runner.counters())));
        }
        return shape;
    }
}
