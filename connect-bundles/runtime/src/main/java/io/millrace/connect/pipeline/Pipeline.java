package io.millrace.connect.pipeline;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.config.ConnectorConfig;
import java.util.EnumSet;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;

/**
 * What stands between a task and Kafka: transformations and converters. Called within the task's {@link PluginScope}; for one thread.
 *
 * @param <R> {@link SourceRecord} or {@link SinkRecord}
 */
public final class Pipeline<R extends ConnectRecord<R>> implements AutoCloseable {

    /** @param loader null where it does not matter */
    private record Part<T>(T instance, ClassLoader loader) {}

    private final Part<Converter> keys;
    private final Part<Converter> values;
    private final Part<HeaderConverter> headers;
    private final TransformChain<R> chain;
    private final Attempts attempts;
    /** For the next record, unless something was put into it for the one before. */
    private Headers blank = new RecordHeaders();

    private Pipeline(Part<Converter> keys, Part<Converter> values, Part<HeaderConverter> headers, TransformChain<R> chain, Attempts attempts) {
        this.keys = keys;
        this.values = values;
        this.headers = headers;
        this.chain = chain;
        this.attempts = attempts;
    }

    /** @param uses told of every class that is used */
    public static <R extends ConnectRecord<R>> Pipeline<R> open(ConnectorConfig config, Catalog catalog, Consumer<Provided> uses) {
        Attempts attempts = new Attempts(config);
        Part<Converter> keys = converter(config, catalog, ConnectorConfig.KEY_CONVERTER, true, uses);
        Part<Converter> values = converter(config, catalog, ConnectorConfig.VALUE_CONVERTER, false, uses);
        Provided provided = find(config, catalog, Kind.HEADER_CONVERTER, ConnectorConfig.HEADER_CONVERTER, uses);
        HeaderConverter headers;
        try (var _ = PluginScope.of(provided.loader())) {
            headers = provided.instantiate(HeaderConverter.class);
            Map<String, Object> own = config.withPrefix(ConnectorConfig.HEADER_CONVERTER + ".");
            own.put("converter.type", "header");
            headers.configure(own);
        }
        return new Pipeline<R>(keys, values, new Part<>(headers, provided.pluginLoader()), TransformChain.<R>open(config, catalog, attempts, uses), attempts);
    }

    private static Part<Converter> converter(ConnectorConfig config, Catalog catalog, String key, boolean isKey, Consumer<Provided> uses) {
        Provided provided = find(config, catalog, Kind.CONVERTER, key, uses);
        try (var _ = PluginScope.of(provided.loader())) {
            Converter converter = provided.instantiate(Converter.class);
            converter.configure(config.withPrefix(key + "."), isKey);
            return new Part<>(converter, provided.pluginLoader());
        }
    }

    private static Provided find(ConnectorConfig config, Catalog catalog, Kind kind, String key, Consumer<Provided> uses) {
        String name = config.string(key);
        Provided provided = catalog.find(EnumSet.of(kind), name, config.version(key + ".")).map(Catalog.Entry::provided)
                .orElseThrow(() -> new ConnectException("there is no " + kind.word() + " " + name + "; install its plugin or correct the name"));
        uses.accept(provided);
        return provided;
    }

    /** @return the record after the transformations, or null if they dropped it */
    public R transform(R record) throws StageFailure, InterruptedException {
        return chain.isEmpty() ? record : chain.apply(record);
    }

    public ProducerRecord<byte[], byte[]> toKafka(R record) throws StageFailure, InterruptedException {
        if (blank.toArray().length > 0) {
            blank = new RecordHeaders();
        }
        Headers bytes = blank;
        if (!record.headers().isEmpty()) {
            for (var header : record.headers()) {
                bytes.add(header.key(), attempts.run(Stage.HEADER_CONVERTER, headers.instance(), headers.loader(),
                        () -> headers.instance().fromConnectHeader(record.topic(), header.key(), header.schema(), header.value())));
            }
        }
        byte[] key = attempts.run(Stage.KEY_CONVERTER, keys.instance(), keys.loader(),
                () -> keys.instance().fromConnectData(record.topic(), bytes, record.keySchema(), record.key()));
        byte[] value = attempts.run(Stage.VALUE_CONVERTER, values.instance(), values.loader(),
                () -> values.instance().fromConnectData(record.topic(), bytes, record.valueSchema(), record.value()));
        Long timestamp = record.timestamp() == null || record.timestamp() < 0 ? null : record.timestamp();
        return new ProducerRecord<>(record.topic(), record.kafkaPartition(), timestamp, key, value, bytes.toArray().length == 0 ? null : bytes);
    }

    public SinkRecord fromKafka(ConsumerRecord<byte[], byte[]> raw) throws StageFailure, InterruptedException {
        SchemaAndValue key = attempts.run(Stage.KEY_CONVERTER, keys.instance(), keys.loader(),
                () -> keys.instance().toConnectData(raw.topic(), raw.headers(), raw.key()));
        SchemaAndValue value = attempts.run(Stage.VALUE_CONVERTER, values.instance(), values.loader(),
                () -> values.instance().toConnectData(raw.topic(), raw.headers(), raw.value()));
        ConnectHeaders converted = new ConnectHeaders();
        for (var header : raw.headers().toArray()) {
            converted.add(header.key(), attempts.run(Stage.HEADER_CONVERTER, headers.instance(), headers.loader(),
                    () -> headers.instance().toConnectHeader(raw.topic(), header.key(), header.value())));
        }
        Long timestamp = raw.timestampType() == TimestampType.NO_TIMESTAMP_TYPE ? null : Long.valueOf(raw.timestamp());
        return new RawSinkRecord(raw, key, value, timestamp, converted);
    }

    @Override
    public void close() {
        chain.close();
        close(keys.instance(), "key converter");
        close(values.instance(), "value converter");
        close(headers.instance(), "header converter");
    }

    private static void close(AutoCloseable part, String name) {
        try (var _ = PluginScope.of(part.getClass().getClassLoader())) {
            Utils.closeQuietly(part, name);
        }
    }
}
