package io.millrace.connect.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.TestPlugin;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.config.ConnectorConfig;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.StringConverter;
import org.junit.jupiter.api.Test;

class PipelineTest {

    private static final String STRING = "org.apache.kafka.connect.storage.StringConverter";

    private static ConnectorConfig config(boolean sink, String... more) {
        Map<String, String> values = new HashMap<>(Map.of("name", "c", "connector.class", "x", "key.converter", STRING, "value.converter", STRING));
        if (sink) {
            values.put("topics", "t");
        }
        for (int i = 0; i < more.length; i += 2) {
            values.put(more[i], more[i + 1]);
        }
        return new ConnectorConfig(values, sink);
    }

    private static SourceRecord record(String topic, String value) {
        return new SourceRecord(Map.of("p", 1), Map.of("o", 1), topic, null, null, "k", null, value);
    }

    private static ConsumerRecord<byte[], byte[]> raw(byte[] value) {
        return new ConsumerRecord<>("t", 0, 42, 7L, TimestampType.CREATE_TIME, 1, value.length, "k".getBytes(StandardCharsets.UTF_8), value,
                new RecordHeaders(), Optional.empty());
    }

    @Test
    void aTransformationRunsOnlyWhereItsPredicateHolds() throws Exception {
        ConnectorConfig config = config(false, "transforms", "route", "transforms.route.type", "RegexRouter", "transforms.route.regex", "(.*)",
                "transforms.route.replacement", "new-$1", "transforms.route.predicate", "only", "predicates", "only",
                "predicates.only.type", "TopicNameMatches", "predicates.only.pattern", "a.*");
        try (Pipeline<SourceRecord> pipeline = Pipeline.open(config, new Catalog(), _ -> { })) {
            assertThat(pipeline.transform(record("apples", "v")).topic()).isEqualTo("new-apples");
            assertThat(pipeline.transform(record("pears", "v")).topic()).isEqualTo("pears");
        }
    }

    @Test
    void aNegatedPredicateHoldsElsewhereAndAFilterDrops() throws Exception {
        ConnectorConfig config = config(false, "transforms", "drop", "transforms.drop.type", "Filter", "transforms.drop.predicate", "only",
                "transforms.drop.negate", "true", "predicates", "only", "predicates.only.type", "TopicNameMatches", "predicates.only.pattern", "a.*");
        try (Pipeline<SourceRecord> pipeline = Pipeline.open(config, new Catalog(), _ -> { })) {
            assertThat(pipeline.transform(record("apples", "v"))).isNotNull();
            assertThat(pipeline.transform(record("pears", "v"))).isNull();
        }
    }

    @Test
    void headersKeysAndValuesReachKafka() throws Exception {
        try (Pipeline<SourceRecord> pipeline = Pipeline.open(config(false), new Catalog(), _ -> { })) {
            SourceRecord record = record("t", "v");
            record.headers().addString("h", "1");
            ProducerRecord<byte[], byte[]> sent = pipeline.toKafka(record);
            assertThat(sent.key()).isEqualTo("k".getBytes(StandardCharsets.UTF_8));
            assertThat(sent.value()).isEqualTo("v".getBytes(StandardCharsets.UTF_8));
            assertThat(sent.headers().lastHeader("h").value()).isEqualTo("1".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void headersOfARecordThatFailedDoNotGoToTheNextOne() throws Exception {
        try (Pipeline<SourceRecord> pipeline = Pipeline.open(config(false, "value.converter", "org.apache.kafka.connect.converters.LongConverter"),
                new Catalog(), _ -> { })) {
            SourceRecord failing = record("t", "no number");
            failing.headers().addString("h", "1");
            assertThatThrownBy(() -> pipeline.toKafka(failing)).isInstanceOf(StageFailure.class);
            SourceRecord good = new SourceRecord(Map.of("p", 1), Map.of("o", 2), "t", null, null, "k", null, 7L);
            assertThat(pipeline.toKafka(good).headers().toArray()).isEmpty();
            good.headers().addString("mine", "2");
            assertThat(pipeline.toKafka(good).headers().toArray()).hasSize(1);
            assertThat(pipeline.toKafka(record("t", null)).headers().toArray()).isEmpty();
        }
    }

    @Test
    void aConverterOfAnotherPluginIsCalledWithItsOwnLoaderInView() throws Exception {
        Catalog catalog = new Catalog();
        catalog.add(new TestPlugin("looking", "1.0.0", Map.of("org.apache.kafka.connect.storage.Converter", List.of(Looking.class.getName()))));
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (Pipeline<SourceRecord> pipeline = Pipeline.open(config(false, "value.converter", Looking.class.getName()), catalog, _ -> { });
                var _ = PluginScope.of(ClassLoader.getPlatformClassLoader())) {
            pipeline.toKafka(record("t", "v"));
            assertThat(Looking.seen).isSameAs(Looking.class.getClassLoader());
            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(ClassLoader.getPlatformClassLoader());
        }
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    /** Remembers the context class loader. */
    public static final class Looking extends StringConverter {

        private static ClassLoader seen;

        @Override
        public byte[] fromConnectData(String topic, Schema schema, Object value) {
            seen = Thread.currentThread().getContextClassLoader();
            return super.fromConnectData(topic, schema, value);
        }
    }

    @Test
    void aTransformedSinkRecordStillKnowsItsBytes() throws Exception {
        ConnectorConfig config = config(true, "transforms", "route", "transforms.route.type", "org.apache.kafka.connect.transforms.RegexRouter",
                "transforms.route.regex", ".*", "transforms.route.replacement", "u");
        try (Pipeline<SinkRecord> pipeline = Pipeline.open(config, new Catalog(), _ -> { })) {
            ConsumerRecord<byte[], byte[]> raw = raw("v".getBytes(StandardCharsets.UTF_8));
            SinkRecord record = pipeline.transform(pipeline.fromKafka(raw));
            assertThat(record.topic()).isEqualTo("u");
            assertThat(record.originalTopic()).isEqualTo("t");
            assertThat(record.originalKafkaOffset()).isEqualTo(42);
            assertThat(((RawSinkRecord) record).raw()).isSameAs(raw);
        }
    }

    @Test
    void aFailureNamesItsStageAndClass() {
        ConnectorConfig config = config(true, "value.converter", "org.apache.kafka.connect.converters.LongConverter");
        try (Pipeline<SinkRecord> pipeline = Pipeline.open(config, new Catalog(), _ -> { })) {
            assertThatThrownBy(() -> pipeline.fromKafka(raw(new byte[3]))).isInstanceOfSatisfying(StageFailure.class, failure -> {
                assertThat(failure.stage()).isEqualTo(Stage.VALUE_CONVERTER);
                assertThat(failure.className()).endsWith("LongConverter");
            });
        }
    }

    @Test
    void aMissingTransformationIsNamed() {
        ConnectorConfig config = config(false, "transforms", "x", "transforms.x.type", "NoSuch");
        assertThatThrownBy(() -> Pipeline.open(config, new Catalog(), _ -> { })).hasMessageContaining("transformation x").hasMessageContaining("NoSuch");
    }
}
