package io.millrace.broker;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.metadata.SettingsFollower;
import io.millrace.broker.network.ConnectionRules;
import io.millrace.broker.network.Listener;
import java.net.InetAddress;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/** Keeps a listener to the limits of connections that are in force. */
final class ConnectionSettings implements SettingsFollower {

    private static final String OVERRIDES = "max.connections.per.ip.overrides";
    private static final String OF_LISTENER = "listener.name.plaintext.";

    private final Listener listener;

    ConnectionSettings(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void check(NodeSettings next) {
        overrides(next);
    }

    @Override
    public void apply(NodeSettings now) {
        int most = number(now, "max.connections");
        int rate = number(now, "max.connection.creation.rate");
        listener.limit(new ConnectionRules(Math.min(most, ofListener(now, "max.connections")), number(now, "max.connections.per.ip"), overrides(now), rate,
                ofListener(now, "max.connection.creation.rate")));
    }

    private static int number(NodeSettings settings, String key) {
        return (int) settings.number(key);
    }

    private static int ofListener(NodeSettings settings, String key) {
        return settings.value(OF_LISTENER + key) == null ? Integer.MAX_VALUE : number(settings, OF_LISTENER + key);
    }

    private static Map<InetAddress, Integer> overrides(NodeSettings settings) {
        try {
            return ConnectionRules.parse(settings.value(OVERRIDES));
        } catch (IllegalArgumentException wrong) {
            throw new InvalidConfigurationException("Invalid value " + settings.value(OVERRIDES) + " for configuration " + OVERRIDES + ": " + wrong.getMessage());
        }
    }
}
