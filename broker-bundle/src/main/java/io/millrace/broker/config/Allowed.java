package io.millrace.broker.config;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.regex.Pattern;

/** Which values a key takes, beyond its type. Given values have the type and are normalised. */
public sealed interface Allowed {

    boolean accepts(String value);

    /** Completes "it must be". */
    String expectation();

    static Allowed any() {
        return new Any();
    }

    static Allowed atLeast(long least) {
        return new Range(least, Long.MAX_VALUE);
    }

    static Allowed between(long least, long most) {
        return new Range(least, most);
    }

    static Allowed oneOf(String... values) {
        return new OneOf(List.of(values), false);
    }

    static Allowed someOf(String... values) {
        return new OneOf(List.of(values), true);
    }

    record Any() implements Allowed {

        @Override
        public boolean accepts(String value) {
            return true;
        }

        @Override
        public String expectation() {
            return "";
        }
    }

    record Range(long least, long most) implements Allowed {

        @Override
        public boolean accepts(String value) {
            long number = Long.parseLong(value);
            return number >= least && number <= most;
        }

        @Override
        public String expectation() {
            return most == Long.MAX_VALUE ? "at least " + least : least + " to " + most;
        }
    }

    /** A number from 0 to 1. */
    record Ratio() implements Allowed {

        @Override
        public boolean accepts(String value) {
            double number = Double.parseDouble(value);
            return number >= 0 && number <= 1;
        }

        @Override
        public String expectation() {
            return "0 to 1";
        }
    }

    /** @param many whether the value is a list of them, possibly empty */
    record OneOf(List<String> values, boolean many) implements Allowed {

        @Override
        public boolean accepts(String value) {
            return many ? values.containsAll(ConfigKey.elements(value)) : values.contains(value);
        }

        @Override
        public String expectation() {
            return (many ? "a list of " : "one of ") + String.join(", ", values);
        }
    }

    /** 1 to 9, or -1 for what the codec prefers. */
    record GzipLevel() implements Allowed {

        @Override
        public boolean accepts(String value) {
            int level = Integer.parseInt(value);
            return level == -1 || level >= 1 && level <= 9;
        }

        @Override
        public String expectation() {
            return "1 to 9, or -1";
        }
    }

    /** Replicas as PARTITION:NODE, or * for all. */
    record Replicas() implements Allowed {

        private static final Pattern REPLICA = Pattern.compile("[0-9]+:[0-9]+");

        @Override
        public boolean accepts(String value) {
            return value.equals("*") || ConfigKey.elements(value).stream().allMatch(element -> REPLICA.matcher(element).matches());
        }

        @Override
        public String expectation() {
            return "* or a list of PARTITION:NODE";
        }
    }

    /** Where a share group without offsets begins. */
    record OffsetReset() implements Allowed {

        private static final String BY_DURATION = "by_duration:";

        @Override
        public boolean accepts(String value) {
            if (value.equals("latest") || value.equals("earliest")) {
                return true;
            }
            try {
                return value.startsWith(BY_DURATION) && !Duration.parse(value.substring(BY_DURATION.length())).isNegative();
            } catch (DateTimeParseException _) {
                return false;
            }
        }

        @Override
        public String expectation() {
            return "earliest, latest or by_duration: and an ISO 8601 duration such as by_duration:PT1H";
        }
    }

    /** Host and how many connections it may have, as HOST:COUNT. */
    record ConnectionCounts() implements Allowed {

        @Override
        public boolean accepts(String value) {
            return ConfigKey.elements(value).stream().allMatch(element -> element.matches(".+:[0-9]{1,9}"));
        }

        @Override
        public String expectation() {
            return "a list of HOST:COUNT";
        }
    }
}
