package io.millrace.api.metrics;

/**
 * What is measured. One instance describes all meters of a name; {@link Tags} tell them apart. Immutable; make them constants.
 *
 * @param kind  how the value behaves
 * @param name  for Prometheus: small letters, digits and underscores; a counter's ends with {@code _total}
 * @param help  one line for whoever reads the scrape
 * @param scale what a {@link Distribution}'s values are multiplied with to be in the unit of the name; 1 for the other kinds
 * @param mbean template of the name of an MBean, or empty for none, see {@link #as}
 */
public record Meter(Kind kind, String name, String help, double scale, String mbean) {

    /** How a value behaves. */
    public enum Kind {
        /** Only rises, from 0 at the start of what it counts. */
        COUNTER,
        /** Any number at any time. */
        GAUGE,
        /** Count, sum and quantiles of about the last two minutes, {@link Distribution#recent}. */
        SUMMARY,
        /** Count, sum and buckets since the start, of which Prometheus computes quantiles over any time and many nodes. */
        HISTOGRAM,
        /** One of some words, such as {@code RUNNING}. */
        STATE
    }

    public static Meter counter(String name, String help) {
        if (!name.endsWith("_total")) {
            throw new IllegalArgumentException("the counter " + name + " must be called " + name + "_total");
        }
        return new Meter(Kind.COUNTER, name, help, 1, "");
    }

    public static Meter gauge(String name, String help) {
        return new Meter(Kind.GAUGE, name, help, 1, "");
    }

    public static Meter summary(String name, String help, double scale) {
        return new Meter(Kind.SUMMARY, name, help, scale, "");
    }

    public static Meter histogram(String name, String help, double scale) {
        return new Meter(Kind.HISTOGRAM, name, help, scale, "");
    }

    public static Meter state(String name, String help) {
        return new Meter(Kind.STATE, name, help, 1, "");
    }

    /**
     * Also as an MBean. Braces are replaced by the values of tags: {@code kafka.log:type=Log,name=Size,topic={topic},partition={partition}}.
     * Such a bean has the attributes of Kafka's own: {@code Value} of a gauge or state; {@code Count} and {@code OneMinuteRate} and its like of
     * a counter; those and {@code Mean}, {@code 99thPercentile} and so on of a distribution.
     *
     * <p>With {@code #attribute} at the end it is an attribute of a bean that other meters have a part in, as the client libraries of
     * Kafka have them. A star in it stands for more than one: {@code #batch-size-*} of a distribution becomes {@code batch-size-avg} and
     * {@code batch-size-max}, {@code #record-send-*} of a counter becomes {@code record-send-rate} and {@code record-send-total}.
     */
    public Meter as(String mbean) {
        return new Meter(kind, name, help, scale, mbean);
    }
}
