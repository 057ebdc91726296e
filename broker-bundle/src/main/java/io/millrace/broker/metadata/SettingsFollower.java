package io.millrace.broker.metadata;

import io.millrace.broker.config.NodeSettings;

/** A running part that follows the node's dynamic configuration. Called by one thread at a time. */
public interface SettingsFollower {

    /**
     * Asked before a change is stored.
     *
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException naming what cannot be applied
     */
    default void check(NodeSettings next) {
    }

    /** Called when the change is durable. Does not fail for what {@link #check} let pass. */
    void apply(NodeSettings now);
}
