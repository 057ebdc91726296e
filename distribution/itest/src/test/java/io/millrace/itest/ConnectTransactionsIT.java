package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of sources, and records that a sink reports, over a {@code kill -9}; and transactions that hang. */
class ConnectTransactionsIT {

    private static final int GROUP = 5;
    private static final String HEADER = "__connect.errors.";

    @TempDir
    private Path folder;

    @Test
    void whatIsCommittedIsWholeAndThereOnceAndNobodyWaitsForTheTransactionsOfOthers() throws Exception {
        Path data = folder.resolve("data");
        DiaryConnectors diaries = new DiaryConnectors(folder);
        KafkaProducer<String, String> former;
        KafkaProducer<String, String> stranger;
        try (Millrace millrace = Millrace.start(data)) {
            diaries.install(data, "diary");
            refusals(millrace, diaries);
            diaries.source(millrace, "marks", "\"pause.ms\": \"1\", \"group.size\": \"" + GROUP + "\", \"transaction.boundary\": \"connector\","
                    + " \"exactly.once.support\": \"required\",");
            diaries.source(millrace, "intervals", "\"transaction.boundary\": \"interval\", \"transaction.boundary.interval.ms\": \"300\",");
            diaries.source(millrace, "polls", "");
            send(millrace, "letters", "good 1", "odd 1", "good 2");
            reporting(millrace, diaries);
            awaitDeadLetters(millrace, "odd 1");
            awaitNumbers(millrace, "marks", 8 * GROUP);
            awaitNumbers(millrace, "intervals", 100);
            JsonNode counted = millrace.get("/connectors/intervals/metrics").at("/tasks/0");
            assertThat(counted.path("records").asLong()).as("records of %s transactions", counted.path("commits")).isGreaterThan(10 * counted.path("commits").asLong());
            assertThat(millrace.get("/connectors/polls/metrics").at("/tasks/0/commits").asLong()).isGreaterThan(counted.path("commits").asLong());

            try (KafkaProducer<String, String> hanging = open(millrace, "somebody-else")) {
                othersDoNotWait(millrace, diaries);
                hanging.abortTransaction();
            }
            aTaskThatHeedsNoStopDoesNotCommitOverAlteredOffsets(millrace, diaries);
            send(millrace, "letters", "odd 2", "good 3");
            former = open(millrace, "connect-polls-7");
            // Nobody ends this one, and the first source after the kill has to know its offsets in spite of it.
            stranger = open(millrace, "somebody-else");
            awaitNumbers(millrace, "polls", TopicTail.committed(millrace.bootstrap(), "polls").size() + 20);
            millrace.kill();
        }
        try (Millrace millrace = Millrace.start(data)) {
            int before = TopicTail.committed(millrace.bootstrap(), "marks").size();
            awaitNumbers(millrace, "marks", before + 4 * GROUP);
            awaitNumbers(millrace, "intervals", TopicTail.committed(millrace.bootstrap(), "intervals").size() + 50);
            awaitNumbers(millrace, "polls", TopicTail.committed(millrace.bootstrap(), "polls").size() + 50);
            send(millrace, "letters", "good 4", "odd 3");
            awaitDeadLetters(millrace, "odd 1", "odd 2", "odd 3");
            millrace.await("all that is good", DiaryConnectors.LIMIT,
                    () -> diaries.diary("reporting").containsAll(List.of("sink good 1", "sink good 2", "sink good 3", "sink good 4")));
            assertThat(diaries.diary("reporting")).noneMatch(line -> line.startsWith("sink odd"));

            List<Integer> marked = numbers(millrace, "marks");
            // Groups that the connector took back: every third.
            assertThat(marked).isEqualTo(IntStream.range(0, 2 * marked.size()).filter(number -> number / GROUP % 3 != 2).limit(marked.size()).boxed().toList());
            assertThat(marked.size() % GROUP).as("whole groups").isZero();
            List<Integer> inIntervals = numbers(millrace, "intervals");
            assertThat(inIntervals).isEqualTo(from(0, inIntervals.size()));
            List<Integer> polled = numbers(millrace, "polls");
            int altered = polled.indexOf(1_000_000);
            assertThat(polled.subList(0, altered)).isEqualTo(from(0, altered));
            assertThat(polled.subList(altered, polled.size())).isEqualTo(from(1_000_000, polled.size() - altered));
        } finally {
            stranger.close(Duration.ZERO);
            former.close(Duration.ZERO);
        }
    }

    private static void refusals(Millrace millrace, DiaryConnectors diaries) {
        assertThatThrownBy(() -> diaries.source(millrace, "marks", "\"transaction.boundary\": \"connector\",")).hasMessageContaining("answered 400")
                .hasMessageContaining("The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it");
        assertThatThrownBy(() -> diaries.source(millrace, "marks", "\"supports\": \"nothing\", \"exactly.once.support\": \"required\","))
                .hasMessageContaining("answered 400").hasMessageContaining("The connector does not support exactly-once semantics with the provided configuration.");
    }

    private static void reporting(Millrace millrace, DiaryConnectors diaries) throws Exception {
        diaries.sink(millrace, "reporting", "letters", """
                "errors.tolerance": "all", "errors.deadletterqueue.topic.name": "dead", "errors.deadletterqueue.context.headers.enable": "true",
                "errors.log.enable": "true",""");
        awaitDeadLetters(millrace, "odd 1");
        Map<String, String> headers = new LinkedHashMap<>();
        for (Header header : deadLetters(millrace).getFirst().headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        assertThat(headers.remove(HEADER + "exception.stacktrace")).startsWith("java.lang.IllegalArgumentException: odd: odd 1").contains("DiarySink");
        assertThat(headers).containsExactly(Map.entry(HEADER + "topic", "letters"), Map.entry(HEADER + "partition", "0"), Map.entry(HEADER + "offset", "1"),
                Map.entry(HEADER + "connector.name", "reporting"), Map.entry(HEADER + "task.id", "0"), Map.entry(HEADER + "stage", "TASK_PUT"),
                Map.entry(HEADER + "class.name", "org.apache.kafka.connect.sink.SinkTask"),
                Map.entry(HEADER + "exception.class.name", "java.lang.IllegalArgumentException"), Map.entry(HEADER + "exception.message", "odd: odd 1"));
        JsonNode error = millrace.get("/connectors/reporting/errors").at("/tasks/0/errors/0");
        assertThat(error.path("stage").asText()).isEqualTo("TASK_PUT");
        assertThat(error.at("/record/offset").asLong()).isEqualTo(1);
    }

    /** While the transaction of a stranger is open in the topic of all connectors' offsets. */
    private static void othersDoNotWait(Millrace millrace, DiaryConnectors diaries) throws Exception {
        diaries.source(millrace, "fresh", "");
        awaitNumbers(millrace, "fresh", 20);
        int before = TopicTail.committed(millrace.bootstrap(), "polls").size();
        awaitNumbers(millrace, "polls", before + 20);
        millrace.send("POST", "/connectors/polls/restart?includeTasks=true", "");
        millrace.await("the task to start again", DiaryConnectors.LIMIT, () -> diaries.starts("polls", "task 0") == 2);
        awaitNumbers(millrace, "polls", TopicTail.committed(millrace.bootstrap(), "polls").size() + 20);

        millrace.send("PUT", "/connectors/polls/stop", "");
        diaries.awaitStates(millrace, "polls", "STOPPED");
        String partition = "{\"partition\": {\"task\": \"0\"}, \"offset\": {\"next\": 1000000}}";
        millrace.send("PATCH", "/connectors/polls/offsets", "{\"offsets\": [" + partition + "]}");
        assertThat(millrace.get("/connectors/polls/offsets").at("/offsets/0/offset/next").asLong()).isEqualTo(1_000_000);
        millrace.send("PUT", "/connectors/polls/resume", "");
        millrace.await("the altered offset", DiaryConnectors.LIMIT, () -> numbers(millrace, "polls").contains(1_000_000));
    }

    /** It comes to its end when its offsets have been altered, and must not commit then. */
    private static void aTaskThatHeedsNoStopDoesNotCommitOverAlteredOffsets(Millrace millrace, DiaryConnectors diaries) throws Exception {
        Files.createFile(diaries.wish("fresh", "task 0", "hangs"));
        millrace.await("the task to hang", DiaryConnectors.LIMIT, () -> diaries.diary("fresh").contains("task 0 hangs"));
        millrace.send("PUT", "/connectors/fresh/stop", "");
        diaries.awaitStates(millrace, "fresh", "STOPPED");
        millrace.send("PATCH", "/connectors/fresh/offsets", "{\"offsets\": [{\"partition\": {\"task\": \"0\"}, \"offset\": {\"next\": 2000000}}]}");
        Files.delete(diaries.wish("fresh", "task 0", "hangs"));
        millrace.await("the end of the task", DiaryConnectors.LIMIT, () -> millrace.output().contains("task fresh-0: failed while stopping"));
        assertThat(millrace.get("/connectors/fresh/offsets").at("/offsets/0/offset/next").asLong()).isEqualTo(2_000_000);
        millrace.send("PUT", "/connectors/fresh/resume", "");
        millrace.await("the altered offset", DiaryConnectors.LIMIT, () -> numbers(millrace, "fresh").contains(2_000_000));
        List<Integer> counted = numbers(millrace, "fresh");
        int altered = counted.indexOf(2_000_000);
        assertThat(counted.subList(0, altered)).isEqualTo(from(0, altered));
    }

    /** With a transaction in the topic of offsets that is going to last for ten minutes. */
    private static KafkaProducer<String, String> open(Millrace millrace, String transactionalId) throws Exception {
        KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(millrace.bootstrap(), Map.of("transactional.id", transactionalId,
                "transaction.timeout.ms", "600000")), new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("connect-offsets", 0, "[\"nobody\",{\"task\":\"0\"}]", "{\"next\":1}")).get();
        return producer;
    }

    private static List<Integer> from(int first, int count) {
        return IntStream.range(first, first + count).boxed().toList();
    }

    private static List<Integer> numbers(Millrace millrace, String topic) {
        return TopicTail.committed(millrace.bootstrap(), topic).stream().map(value -> Integer.valueOf(value.substring(2))).toList();
    }

    private static void awaitNumbers(Millrace millrace, String topic, int count) {
        millrace.await(count + " numbers in " + topic, DiaryConnectors.LIMIT, () -> TopicTail.committed(millrace.bootstrap(), topic).size() >= count);
    }

    private static void send(Millrace millrace, String topic, String... values) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(millrace.bootstrap(), Map.of("acks", "all")),
                new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, 0, null, value));
            }
        }
    }

    private static void awaitDeadLetters(Millrace millrace, String... values) {
        millrace.await("dead letters " + List.of(values), DiaryConnectors.LIMIT, () -> {
            TreeSet<String> found = new TreeSet<>();
            deadLetters(millrace).forEach(record -> found.add(record.value()));
            return found.equals(new TreeSet<>(List.of(values)));
        });
    }

    private static List<ConsumerRecord<String, String>> deadLetters(Millrace millrace) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(millrace.bootstrap(), Map.of("enable.auto.commit", "false")),
                new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition("dead", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }
}
