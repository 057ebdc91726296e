package io.millrace.connect.sink;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.task.TaskSetup;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of records that failed: logged, put into the dead letter topic, skipped or fatal, as {@code errors.*} says (KIP-298). */
final class RecordErrors implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RecordErrors.class);
    private static final String PREFIX = "__connect.errors.";

    private final TaskSetup setup;
    private final ConnectorConfig config;
    private final List<Future<RecordMetadata>> pending = new ArrayList<>();
    private Producer<byte[], byte[]> deadLetters;

    RecordErrors(TaskSetup setup) {
        this.setup = setup;
        this.config = setup.config();
    }

    /** Whether a connector may report records of its own (KIP-610). */
    boolean reportable() {
        return config.deadLetterTopic().isPresent() || config.flag("errors.log.enable");
    }

    /** @throws ConnectException if errors are not tolerated */
    synchronized Future<RecordMetadata> handle(ConsumerRecord<byte[], byte[]> raw, StageFailure failure) {
        Map<String, Object> where = Map.of("topic", raw.topic(), "partition", raw.partition(), "offset", raw.offset());
        setup.counters().recordFailed(failure.remembered(where, config.toleratesErrors()), config.flag("errors.log.enable"));
        if (config.flag("errors.log.enable")) {
            LOG.error("task {}: {}{}", setup.id(), failure.getMessage(), config.flag("errors.log.include.messages")
                    ? "; record " + raw.topic() + "-" + raw.partition() + "@" + raw.offset() : "", failure.getCause());
        }
        Future<RecordMetadata> dead = config.deadLetterTopic().map(topic -> deadLetter(topic, raw, failure)).orElse(null);
        if (!config.toleratesErrors()) {
            throw new ConnectException("Tolerance exceeded in error handler: " + failure.getMessage(), failure.getCause());
        }
        setup.counters().skipped();
        return dead;
    }

    private Future<RecordMetadata> deadLetter(String topic, ConsumerRecord<byte[], byte[]> raw, StageFailure failure) {
        if (deadLetters == null) {
            make(topic);
            Map<String, Object> settings = setup.clients().defaults().forProducer(Map.of(), config.withPrefix("producer.override."));
            deadLetters = setup.clients().producer("connector-dlq-producer-" + setup.id(), settings);
            setup.topics().accept(topic);
        }
        setup.counters().deadLetter();
        Headers headers = new RecordHeaders(raw.headers().toArray());
        if (config.flag("errors.deadletterqueue.context.headers.enable")) {
            describe(headers, raw, failure);
        }
        Future<RecordMetadata> future = deadLetters.send(new ProducerRecord<>(topic, null,
                raw.timestamp() < 0 ? null : Long.valueOf(raw.timestamp()), raw.key(), raw.value(), headers));
        pending.add(future);
        return future;
    }

    private void describe(Headers headers, ConsumerRecord<byte[], byte[]> raw, StageFailure failure) {
        add(headers, "topic", raw.topic());
        add(headers, "partition", Integer.toString(raw.partition()));
        add(headers, "offset", Long.toString(raw.offset()));
        add(headers, "connector.name", setup.id().connector());
        add(headers, "task.id", Integer.toString(setup.id().task()));
        add(headers, "stage", failure.stage().name());
        add(headers, "class.name", failure.className());
        Throwable cause = failure.getCause();
        add(headers, "exception.class.name", cause == null ? null : cause.getClass().getName());
        add(headers, "exception.message", cause == null ? null : cause.getMessage());
        StringWriter trace = new StringWriter();
        if (cause != null) {
            cause.printStackTrace(new PrintWriter(trace));
        }
        add(headers, "exception.stacktrace", trace.toString());
    }

    private static void add(Headers headers, String name, String value) {
        headers.add(PREFIX + name, value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    private void make(String topic) {
        try {
            setup.asAdmin(admin -> {
                int nodes = admin.describeCluster().nodes().get(30, TimeUnit.SECONDS).size();
                short wanted = (short) config.number("errors.deadletterqueue.topic.replication.factor");
                Optional<Short> replication = wanted < 1 || wanted > nodes ? Optional.empty() : Optional.of(wanted);
                return admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), replication))).all().get(30, TimeUnit.SECONDS);
            });
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new ConnectException("dead letter topic " + topic + " cannot be made: " + e.getCause().getMessage(), e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while making dead letter topic " + topic, e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new ConnectException("dead letter topic " + topic + " was not made within 30 s", e);
        }
    }

    /** Blocks until all dead letters are written: offsets behind them may be committed only then. */
    synchronized void settle() throws InterruptedException {
        for (Future<RecordMetadata> future : pending) {
            try {
                future.get();
            } catch (ExecutionException e) {
                throw new ConnectException(setup.id() + ": a record could not be written to the dead letter topic: " + e.getCause().getMessage(),
                        e.getCause());
            }
        }
        pending.clear();
    }

    @Override
    public synchronized void close() {
        if (deadLetters != null) {
            deadLetters.close(Duration.ofSeconds(1));
        }
    }
}
