package io.millrace.cdc;

import io.debezium.connector.postgresql.PostgresConnector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Captures the tables of a PostgreSQL database into topics {@code <topic.prefix>.<schema>.<table>}, with Debezium. Positions are ordinary source
 * offsets, so that the runtime commits them in one transaction with the records.
 */
public final class CdcSourceConnector extends SourceConnector {

    private final PostgresConnector debezium = new PostgresConnector();
    private Map<String, String> properties = Map.of();

    @Override
    public void start(Map<String, String> given) {
        properties = CaptureConfig.toDebezium(given);
        ServerCheck.require(properties);
        debezium.initialize(context());
        debezium.start(properties);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return CdcSourceTask.class;
    }

    /** Logical decoding has one reader per slot: always one task. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(properties);
    }

    @Override
    public void stop() {
        debezium.stop();
        Drivers.deregister();
    }

    @Override
    public ConfigDef config() {
        ConfigDef all = new ConfigDef(CaptureConfig.OWN);
        debezium.config().configKeys().forEach((name, key) -> {
            if (!all.names().contains(name)) {
                all.define(key);
            }
        });
        return all;
    }

    @Override
    public Config validate(Map<String, String> given) {
        Map<String, String> translated;
        try {
            translated = CaptureConfig.toDebezium(given);
        } catch (ConfigException e) {
            ConfigValue url = new ConfigValue(CaptureConfig.URL);
            url.addErrorMessage(e.getMessage());
            return new Config(List.of(url));
        }
        Config config = debezium.validate(translated);
        ConfigValue url = new ConfigValue(CaptureConfig.URL);
        ConfigValue tables = new ConfigValue(CaptureConfig.TABLES);
        tables.value(given.get(CaptureConfig.TABLES));
        if (config.configValues().stream().allMatch(value -> value.errorMessages().isEmpty())) {
            ServerCheck.problem(translated).ifPresent(url::addErrorMessage);
        }
        List<ConfigValue> values = new ArrayList<>(config.configValues());
        values.add(url);
        values.add(tables);
        return new Config(values);
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> connectorConfig) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    @Override
    public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> connectorConfig) {
        return ConnectorTransactionBoundaries.UNSUPPORTED;
    }

    @Override
    public String version() {
        return debezium.version();
    }
}
