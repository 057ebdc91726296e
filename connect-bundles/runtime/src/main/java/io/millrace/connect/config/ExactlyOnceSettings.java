package io.millrace.connect.config;

import java.util.Map;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/** Whether a source connector can do what {@code exactly.once.support} and {@code transaction.boundary} ask of it, in Kafka Connect's words (KIP-618). */
final class ExactlyOnceSettings {

    private static final String SWITCHED_OFF = "This worker does not have exactly-once source support enabled.";

    private final Settings settings;
    private final boolean enabled;

    /** @param enabled on this node */
    ExactlyOnceSettings(Settings settings, boolean enabled) {
        this.settings = settings;
        this.enabled = enabled;
    }

    /** Runs the connector's code. */
    void check(SourceConnector connector, Map<String, String> config) {
        ConfigValue support = settings.value(ConnectorConfig.EXACTLY_ONCE);
        if (asks(support, "required")) {
            if (!enabled) {
                support.addErrorMessage(SWITCHED_OFF);
            }
            supported(support, connector, config);
        }
        ConfigValue boundary = settings.value(ConnectorConfig.TRANSACTION_BOUNDARY);
        if (asks(boundary, "connector")) {
            if (!enabled) {
                boundary.addErrorMessage(SWITCHED_OFF);
            }
            definable(boundary, connector, config);
        }
    }

    private static boolean asks(ConfigValue value, String what) {
        return value != null && value.errorMessages().isEmpty() && value.value() instanceof String given && given.equalsIgnoreCase(what);
    }

    private static void supported(ConfigValue support, SourceConnector connector, Map<String, String> config) {
        try {
            ExactlyOnceSupport answer = connector.exactlyOnceSupport(config);
            if (answer == null) {
                support.addErrorMessage("The connector does not say whether it supports exactly-once delivery; find out from its documentation, "
                        + "then set " + ConnectorConfig.EXACTLY_ONCE + " to requested, which does not ask the connector");
            } else if (answer != ExactlyOnceSupport.SUPPORTED) {
                support.addErrorMessage("The connector does not support exactly-once semantics with the provided configuration.");
            }
        } catch (RuntimeException e) {
            support.addErrorMessage("The connector failed when asked whether it supports exactly-once delivery: " + e);
        }
    }

    private static void definable(ConfigValue boundary, SourceConnector connector, Map<String, String> config) {
        try {
            ConnectorTransactionBoundaries answer = connector.canDefineTransactionBoundaries(config);
            if (answer == null) {
                boundary.addErrorMessage("The connector does not say whether it defines transactions (canDefineTransactionBoundaries() returns null), "
                        + "so it cannot be used with " + ConnectorConfig.TRANSACTION_BOUNDARY + "=connector");
            } else if (answer != ConnectorTransactionBoundaries.SUPPORTED) {
                boundary.addErrorMessage("The connector does not support connector-defined transaction boundaries with the given configuration. "
                        + "Please reconfigure it to use a different transaction boundary definition.");
            }
        } catch (RuntimeException e) {
            boundary.addErrorMessage("The connector failed when asked whether it defines transactions: " + e);
        }
    }
}
