package io.millrace.broker.quota;

import java.util.Optional;

/** What can be limited, by the names of Kafka's quota configuration. */
public enum QuotaType {

    /** Bytes per second of produce requests. */
    PRODUCER_BYTE_RATE("producer_byte_rate", Whole.LONG),
    /** Bytes per second of fetch responses. */
    CONSUMER_BYTE_RATE("consumer_byte_rate", Whole.LONG),
    /** Percentage of one thread's time that serving the requests takes (KIP-124). */
    REQUEST_PERCENTAGE("request_percentage", Whole.NO),
    /** Partitions per second created and deleted (KIP-599). */
    CONTROLLER_MUTATION_RATE("controller_mutation_rate", Whole.NO),
    /** Connections per second accepted from an address (KIP-612). The only one of entity type {@code ip}. */
    CONNECTION_CREATION_RATE("connection_creation_rate", Whole.INT);

    private enum Whole { NO, INT, LONG }

    /** Kafka's tolerance for whole numbers, which travel as floating point. */
    private static final double EPSILON = 1e-6;

    private final String key;
    private final Whole whole;

    QuotaType(String key, Whole whole) {
        this.key = key;
        this.whole = whole;
    }

    public String key() {
        return key;
    }

    public static Optional<QuotaType> of(String key) {
        for (QuotaType type : values()) {
            if (type.key.equals(key)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    boolean isOfAddress() {
        return this == CONNECTION_CREATION_RATE;
    }

    /** @return why a value cannot be, or null */
    String objection(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value <= 0) {
            return "quota " + key + "=" + value + " must be greater than 0; remove the quota to lift it";
        }
        double most = switch (whole) {
            case NO -> Double.MAX_VALUE;
            case INT -> Integer.MAX_VALUE;
            case LONG -> Long.MAX_VALUE;
        };
        if (value > most) {
            return "quota " + key + "=" + value + " is larger than " + most;
        }
        if (whole != Whole.NO && Math.abs(Math.rint(value) - value) > EPSILON) {
            return "quota " + key + "=" + value + " must be a whole number";
        }
        return null;
    }
}
