package io.millrace.broker;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.clean.CleanerConfig;
import io.millrace.broker.log.clean.LogCleaner;
import io.millrace.broker.metadata.SettingsFollower;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/** Lets the log cleaner follow what the node spends on it. */
final class CleanerSettings implements SettingsFollower {

    private final Optional<LogCleaner> cleaner;

    /** @param cleaner absent where nothing is cleaned */
    CleanerSettings(Optional<LogCleaner> cleaner) {
        this.cleaner = cleaner;
    }

    /** @throws IllegalStateException naming values that do not fit together */
    static CleanerConfig of(NodeSettings settings) {
        return new CleanerConfig((int) settings.number("log.cleaner.threads"), Duration.ofMillis(settings.number("log.cleaner.backoff.ms")),
                settings.number("log.cleaner.dedupe.buffer.size"), Double.parseDouble(settings.value("log.cleaner.io.buffer.load.factor")),
                (int) settings.number("log.cleaner.io.buffer.size"), Double.parseDouble(settings.value("log.cleaner.io.max.bytes.per.second")),
                CleanerConfig.standard().retry());
    }

    @Override
    public void check(NodeSettings next) {
        try {
            of(next);
        } catch (IllegalStateException refused) {
            throw new InvalidConfigurationException(refused.getMessage(), refused);
        }
    }

    @Override
    public void apply(NodeSettings now) {
        cleaner.ifPresent(running -> running.reconfigure(of(now)));
    }
}
